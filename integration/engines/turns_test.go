//go:build integration

package engines

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

const turnColumns = "id BIGINT, who STRING, at TIMESTAMP, part STRING"

// turn is one row of a writer.
func turn(id int, who string) string {
	return fmt.Sprintf(`{"id":%d,"who":%q,"at":"2024-01-01T00:00:%02d.%06dZ","part":"p %d%%"}`, id, who, id%60, id, id%3)
}

// appenders append one row of their own each.
func appenders(t *testing.T, dir string) map[string]func(id int) error {
	file := func(id int, who string) string { return parquetFile(t, rows(t, turnColumns, turn(id, who))) }
	return map[string]func(id int) error{
		"spark": func(id int) error {
			_, err := parts.Spark(t).Append(t.Context(), dir, file(id, "spark"))
			return err
		},
		"delta-rs": func(id int) error {
			_, err := parts.DeltaRS(t).Append(t.Context(), dir, file(id, "delta-rs"))
			return err
		},
	}
}

func TestEnginesTakeTurns(t *testing.T) {
	dir := folder(t)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, turnColumns), PartitionBy: []string{"part"}, Properties: map[string]string{"delta.checkpointInterval": "2"}})
	writers := appenders(t, dir)
	writers["ingestd"] = func(id int) error {
		_, err := tryAdd(t.Context(), tab, table.AppendOptions{}, rows(t, turnColumns, turn(id, "ingestd")))
		return err
	}
	want := parts.Canon(arrowSchema(t, turnColumns))
	id := 0
	for _, round := range [][]string{{"ingestd", "spark", "delta-rs"}, {"delta-rs", "ingestd", "spark"}, {"spark", "spark", "ingestd", "delta-rs", "delta-rs"}} {
		for _, who := range round {
			id++
			if err := writers[who](id); err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			want = joined(want, parts.Canon(arrowSchema(t, turnColumns), rows(t, turnColumns, turn(id, who))))
		}
		agree(t, strings.Join(round, ", "), dir, want)
	}
	if err := tab.Refresh(t.Context()); err != nil || tab.Version() != int64(id) {
		t.Errorf("version %d, want %d: %v", tab.Version(), id, err)
	}
	histories(t, dir, id+1)
}

// histories holds that all who tell the history tell of so many commits, by the same engines.
func histories(t *testing.T, dir string, n int) {
	t.Helper()
	var ours []string
	for e, err := range open(t, dir).History(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		ours = append(ours, fmt.Sprint(e.Version, " ", e.Operation, " by ", e.EngineInfo))
	}
	if len(ours) != n {
		t.Errorf("our history has %d commits, want %d", len(ours), n)
	}
	for name, history := range map[string]func(context.Context, string, ...parts.Option) ([]parts.Commit, error){"spark": parts.Spark(t).History, "delta-rs": parts.DeltaRS(t).History} {
		commits, err := history(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		var theirs []string
		for _, c := range commits {
			theirs = append(theirs, fmt.Sprint(c.Version, " ", c.Operation, " by ", c.EngineInfo))
		}
		if !slices.Equal(ours, theirs) {
			t.Errorf("history by %s\n%s\nours\n%s", name, strings.Join(theirs, "\n"), strings.Join(ours, "\n"))
		}
	}
}

func TestEnginesAppendAtOnce(t *testing.T) {
	const each = 12
	dir := folder(t)
	create(t, dir, table.CreateOptions{Schema: ddl(t, turnColumns), PartitionBy: []string{"part"}, Properties: map[string]string{"delta.checkpointInterval": "5"}})
	writers := appenders(t, dir)
	for w := range 3 { // each as a process of its own would
		writers[fmt.Sprint("ingestd ", w)] = func(id int) error {
			_, err := tryAdd(t.Context(), open(t, dir), table.AppendOptions{}, rows(t, turnColumns, turn(id, fmt.Sprint("ingestd ", w))))
			return err
		}
	}
	want := parts.Canon(arrowSchema(t, turnColumns))
	var wait sync.WaitGroup
	first := 0
	for who, write := range writers {
		for id := first; id < first+each; id++ {
			want = joined(want, parts.Canon(arrowSchema(t, turnColumns), rows(t, turnColumns, turn(id, who))))
		}
		start := first
		wait.Go(func() {
			for id := start; id < start+each; id++ {
				if err := write(id); err != nil {
					t.Errorf("%s: %v", who, err)
				}
			}
		})
		first += each
	}
	wait.Wait()
	agree(t, "all at once", dir, want)
	histories(t, dir, first+1)
}
