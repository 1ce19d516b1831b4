package main

import (
	"cmp"
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(), a.runCommand(), a.validateCommand(), a.dryRunCommand(), a.reconcileCommand(), a.dlqCommand(),
		a.generateCommand(), a.createCommand(), a.appendCommand(), a.overwriteCommand(), a.deleteCommand(), a.updateCommand(), a.mergeCommand(), a.queryCommand(), a.cdfCommand(), a.describeCommand(), a.historyCommand(), a.filesCommand(),
		a.alterCommand(), a.restoreCommand(), a.cloneCommand(),
		a.convertCommand(), a.fsckCommand(), a.checkpointCommand(),
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
