package feature

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/features.md anew")

const docsFile = "../../docs/features.md"

func TestDocsTellWhatTheRegistryTells(t *testing.T) {
	want := docs()
	if *update {
		if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/features.md is not what the registry says: go test ./txlog/feature -run Docs -update")
	}
}

// docs is the page: what is honoured, with its demands, and what is refused.
func docs() string {
	var b strings.Builder
	b.WriteString(`# Table features

<!-- made of the registry: go test ./txlog/feature -run Docs -update -->

What ingestd does with each table feature of the Delta protocol. A table whose protocol lists a feature that is
refused, or that has no name here, is refused by the name of the feature.

- *Kind*: what must know the feature: writers alone, or readers too; and the protocol versions (reader/writer) that
  imply it without listing it.
- *Read*, *write*: **yes**; *unused*: only as long as nothing makes it active; **no**: the table is refused.
- *Turned on by*: new tables get the feature by that. So do existing ones, except where it says "asked": there the
  feature is added first, as ` + "`ingestd alter TABLE add-feature NAME`" + `. What it requires comes with it.
- *Drop*: whether ` + "`ingestd alter TABLE drop-feature NAME`" + ` can take it off again; columnMapping only while all columns that
  there ever were are called in the files as they are in the table, since files are not written anew for it.

| feature | kind | read | write | turned on by | requires | drop |
| --- | --- | --- | --- | --- | --- | --- |
`)
	for _, f := range all {
		if f.Write == No {
			continue
		}
		on := f.TurnedOn
		if f.Asked {
			on += " (asked)"
		}
		drop := "yes"
		if !f.Droppable {
			drop = "no"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", f.Name, kind(f), level(f.Read), level(f.Write), on, strings.Join(f.Requires, ", "), drop)
	}
	b.WriteString("\n## What each demands, and ingestd keeps\n\n| feature | of a reader | of a writer |\n| --- | --- | --- |\n")
	for _, f := range all {
		if f.Write != No && !strings.HasSuffix(f.Name, preview) {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, f.Readers, f.Writers)
		}
	}
	b.WriteString("\n## Why some cannot be dropped\n\n")
	for _, f := range all {
		if f.Write != No && !f.Droppable && !strings.HasSuffix(f.Name, preview) {
			fmt.Fprintf(&b, "- `%s`: %s.\n", f.Name, f.KeptBecause)
		}
	}
	b.WriteString("\n## Refused by name\n\nA feature of writers only does not hinder reading.\n\n| feature | kind | read | write |\n| --- | --- | --- | --- |\n")
	for _, f := range all {
		if f.Write == No {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, kind(f), level(f.Read), level(f.Write))
		}
	}
	return b.String()
}

func kind(f Feature) string {
	s := "writers"
	if f.ReaderWriter {
		s = "readers, writers"
	}
	if f.LegacyWriter > 0 {
		s += fmt.Sprintf("; %d/%d", max(f.LegacyReader, 1), f.LegacyWriter)
	}
	return s
}

func level(s Support) string {
	return [...]string{No: "no", Inactive: "unused", Full: "yes"}[s]
}
