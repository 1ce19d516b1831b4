package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ingestd/ingestd/internal/suggest"
)

// groups order the list of commands in the help.
var groups = []struct {
	cobra.Group
	commands []string
}{
	{cobra.Group{ID: "pipelines", Title: "Pipelines:"}, []string{"run", "validate", "dry-run", "reconcile", "dlq"}},
	{cobra.Group{ID: "tables", Title: "Tables:"}, []string{"create", "append", "overwrite", "delete", "update", "merge", "query", "cdf", "describe", "history", "files", "alter", "restore", "clone", "convert", "fsck", "checkpoint"}},
	{cobra.Group{ID: "samples", Title: "Samples:"}, []string{"demo", "generate"}},
}

func group(root *cobra.Command) {
	for _, g := range groups {
		root.AddGroup(&g.Group)
		for _, name := range g.commands {
			for _, c := range root.Commands() {
				if c.Name() == name {
					c.GroupID = g.ID
				}
			}
		}
	}
}

// refuseUnknown makes a command that only has subcommands end with exit code 2 where the one asked for does not exist;
// cobra itself prints the help and ends with 0.
func refuseUnknown(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, got []string) error {
		if len(got) == 0 {
			return nil
		}
		return unknownCommand(cmd, got[0])
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

func unknownCommand(parent *cobra.Command, name string) error {
	var known []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	for _, k := range known {
		if strings.HasPrefix(k, name) {
			return usageError{fmt.Errorf("there is no command %q; did you mean %s?", name, k)}
		}
	}
	return usageError{fmt.Errorf("there is no command %q%s", name, suggest.DidYouMean(name, known))}
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about := cmd.Root()
			for _, name := range args {
				next, rest, err := about.Find([]string{name})
				if err != nil || len(rest) > 0 || next == about {
					return unknownCommand(about, name)
				}
				about = next
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// flagError says what is wrong with a flag and which one may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	see := "; see " + cmd.CommandPath() + " --help"
	var bad *pflag.InvalidValueError
	var number *strconv.NumError
	if errors.As(err, &bad) && errors.As(err, &number) {
		return usageError{fmt.Errorf("--%s cannot be %q: a whole number is wanted%s", bad.GetFlag().Name, bad.GetValue(), see)}
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return usageError{fmt.Errorf("%w%s", err, see)}
	}
	name := unknown.GetSpecifiedName()
	if cmd.Name() == "query" && strings.ContainsAny(name, " \n") {
		return usageError{errors.New(`SQL that begins with a comment goes after --: ingestd query -- '-- ...'`)}
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if best, ok := suggest.Nearest(name, known); ok {
		return usageError{fmt.Errorf("there is no flag --%s; did you mean --%s?%s", name, best, strings.TrimPrefix(see, ";"))}
	}
	return usageError{fmt.Errorf("there is no flag --%s%s", name, see)}
}

// args checks how many arguments a command has, naming them where they are wrong.
func args(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, got []string) error {
		if len(got) < len(names) {
			return usageError{fmt.Errorf("%s is missing; usage: %s", names[len(got)], cmd.UseLine())}
		}
		if len(got) > len(names) {
			return usageError{fmt.Errorf("unexpected argument %q; usage: %s", got[len(names)], cmd.UseLine())}
		}
		return nil
	}
}

// usageTemplate is cobra's, without the line that tells how to call a command that only has subcommands.
const usageTemplate = `Usage:{{if not .HasAvailableSubCommands}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND [flags]{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{if eq (len .Groups) 0}}

Commands:{{range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{else}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) .IsAvailableCommand)}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if not .AllChildCommandsHaveGroup}}

Others:{{range $cmds}}{{if (and (eq .GroupID "") .IsAvailableCommand)}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Global flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

"{{.CommandPath}} COMMAND --help" tells more about a command.{{end}}
`
