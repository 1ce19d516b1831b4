package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/config"
)

// allCommands are those that a user can call, subcommands included, but cobra's own.
func allCommands(parent *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, c := range parent.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "completion" || c.Name() == "help" {
			continue
		}
		all = append(append(all, c), allCommands(c)...)
	}
	return all
}

func newRoot() *cobra.Command { return (&app{env: config.OS()}).root() }

// TestExamplesOfTheHelpRun runs each line of each example in the world of the scripts; where it names events.yaml, that was run once.
func TestExamplesOfTheHelpRun(t *testing.T) {
	dir := t.TempDir()
	for _, c := range allCommands(newRoot()) {
		if c.Example == "" {
			if !c.HasSubCommands() {
				t.Errorf("%s has no example", c.CommandPath())
			}
			continue
		}
		script := "[!exec:sh] skip\n"
		if strings.Contains(c.Example, "events.yaml") {
			script += "exec ingestd run events.yaml\n"
		}
		if strings.Contains(c.Example, "./lake/") { // folders of Parquet files
			script += "exec sh -c 'mkdir lake && for d in events clicks; do cp -r demo-table lake/$d && rm -r lake/$d/_delta_log; done'\n"
		}
		for line := range strings.Lines(c.Example) {
			script += "exec sh -c '" + strings.ReplaceAll(inTheWorld(strings.TrimSpace(line)), "'", "''") + "'\n"
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".txtar"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := params(newWorld(t), dir)
	p.UpdateScripts = false
	testscript.Run(t, p)
}

// inTheWorld is an example with the broker of the scripts, and with fewer events.
func inTheWorld(line string) string {
	line = strings.ReplaceAll(line, "localhost:9092", "$KAFKA")
	if strings.HasPrefix(line, "ingestd demo") && !strings.Contains(line, "--events") {
		line += " --events 2000"
	}
	return line
}

func TestEveryCommandAndFlagSaysWhatItIs(t *testing.T) {
	for _, c := range allCommands(newRoot()) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.CommandPath(), c.Short)
		}
		if c.GroupID == "" && c.Parent() == c.Root() {
			t.Errorf("%s is in no group of the help", c.CommandPath())
		}
		for line := range strings.Lines(c.Long) {
			if len([]rune(line)) > 101 {
				t.Errorf("%s: a line of the help is too long for most terminals: %s", c.CommandPath(), line)
			}
		}
		if c.RunE == nil {
			t.Errorf("%s does not end with exit code 2 for a wrong subcommand", c.CommandPath())
		}
	}
}

// TestDocsListTheCommands compares docs/commands.md with the commands; -update writes it.
func TestDocsListTheCommands(t *testing.T) {
	const path = "../../docs/commands.md"
	want := commandsDocument(newRoot())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("docs/commands.md is not what the commands say (%v); run: go test ./cmd/ingestd -run Docs -update", err)
	}
}

func commandsDocument(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Commands\n\n<!-- made of the commands' own help: go test ./cmd/ingestd -run Docs -update -->\n\n%s\n\n", root.Long)
	b.WriteString("| command | |\n| --- | --- |\n")
	for _, c := range allCommands(root) {
		if !c.HasSubCommands() {
			name := strings.TrimPrefix(c.CommandPath(), "ingestd ")
			fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", name, strings.ReplaceAll(strings.ToLower(c.CommandPath()), " ", "-"), c.Short)
		}
	}
	fmt.Fprintf(&b, "\nFlags of all commands:\n\n```\n%s```\n\n", root.PersistentFlags().FlagUsages())
	b.WriteString("`ingestd completion bash|zsh|fish|powershell` prints a completion script; `ingestd COMMAND --help` is this page for one command.\n")
	for _, c := range allCommands(root) {
		if c.HasSubCommands() {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n", c.CommandPath())
		if text := c.Long; text != "" {
			b.WriteString(inCode(text) + "\n\n")
		} else {
			b.WriteString(c.Short + ".\n\n")
		}
		fmt.Fprintf(&b, "```\n%s\n", c.UseLine())
		for line := range strings.Lines(c.Example) {
			fmt.Fprintf(&b, "\n$ %s", strings.TrimSpace(line))
		}
		b.WriteString("\n```\n")
		if c.HasAvailableLocalFlags() {
			fmt.Fprintf(&b, "\n```\n%s```\n", c.LocalFlags().FlagUsages())
		}
	}
	return b.String()
}

// inCode fences the indented lines of a help text.
func inCode(text string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(text + "\n") {
		if indented := strings.HasPrefix(line, "  "); indented != fenced {
			b.WriteString("```\n")
			fenced = indented
		}
		b.WriteString(line)
	}
	if fenced {
		b.WriteString("```\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
