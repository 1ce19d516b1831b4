package cdf_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/cdf"
	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/restore"
	"github.com/ingestd/ingestd/table"
)

// layout is a table of which changes are told in another way by each of its properties.
func layout(t *rapid.T) (props map[string]string, by []string) {
	props = map[string]string{"delta.enableChangeDataFeed": "true", "delta.checkpointInterval": fmt.Sprint(rapid.IntRange(2, 6).Draw(t, "checkpoint interval"))}
	for _, p := range []string{"delta.enableDeletionVectors", "delta.enableRowTracking", "delta.enableInCommitTimestamps"} {
		props[p] = fmt.Sprint(rapid.Bool().Draw(t, p))
	}
	if mode := rapid.SampledFrom([]string{"none", "name", "id"}).Draw(t, "mapping"); mode != "none" {
		props["delta.columnMapping.mode"] = mode
	}
	return props, rapid.SampledFrom([][]string{nil, {"p"}}).Draw(t, "partitions")
}

// step does one operation of any kind.
func (w *fixture) step(t *rapid.T, next *int) {
	where := rapid.SampledFrom([]string{"id % 3 = 0", "id % 7 = 2", "p = 'b'", "v < 3", "id > 1000"}).Draw(t, "where")
	rows := func() []string {
		var out []string
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			*next++
			out = append(out, fmt.Sprintf(`{"id":%d,"p":%q,"v":%d}`, *next, string(rune('a'+*next%3)), *next%5))
		}
		return out
	}
	switch op := rapid.SampledFrom([]string{"append", "delete", "update", "move", "overwrite", "replace where", "restore", "optimize"}).Draw(t, "operation"); op {
	case "append":
		w.add(rows()...)
	case "delete":
		w.delete(where)
	case "update":
		w.update(where, "v", "v + 1")
	case "move":
		w.update(where, "p", "'b'")
	case "overwrite", "replace where":
		o := dml.OverwriteOptions{Options: dmlOptions()}
		in := rows()
		if op == "replace where" {
			o.ReplaceWhere = w.where("id > 0")
		}
		_, err := dml.Overwrite(w.Context(), w.tab, table.Batches(w.batch(in...)), o)
		w.must(err)
	case "restore":
		v := rapid.Int64Range(0, w.tab.Version()).Draw(t, "version")
		_, err := restore.Restore(w.Context(), w.tab, restore.Options{Version: &v})
		w.must(err)
	case "optimize":
		w.must(w.optimize())
	}
}

// optimize writes all files anew, without changes.
func (w *fixture) optimize() error {
	c, err := w.tab.NewChange(w.Context(), table.ChangeOptions{KeepsData: true})
	if err != nil {
		return err
	}
	for add, err := range c.Snapshot().Files(w.Context()) {
		if err != nil {
			return err
		}
		c.RemoveFile(add)
		for rows, err := range c.Rows(w.Context(), add, table.ScanOptions{RowTracking: true, Sequences: true}) {
			if err != nil {
				return err
			}
			err = c.Move(w.Context(), rows, table.Origins{Files: oneFile(add), Positions: rows.Positions})
			rows.Release()
			if err != nil {
				return err
			}
		}
	}
	_, err = c.Commit(w.Context(), table.CommitOptions{Operation: "OPTIMIZE", Parameters: map[string]any{}, Metrics: map[string]string{}})
	return err
}

// replay applies changes to rows: what goes must be there.
func replay(t *rapid.T, rows []string, changes []change) []string {
	var come []string
	for _, c := range changes {
		switch table.ChangeType(c.kind) {
		case table.ChangeInsert, table.ChangePostimage:
			come = append(come, c.row)
		case table.ChangeDelete, table.ChangePreimage:
			i := slices.Index(rows, c.row)
			if i < 0 {
				t.Fatalf("version %d: %s of %s, which is not there", c.version, c.kind, c.row)
			}
			rows = slices.Delete(rows, i, i+1)
		default:
			t.Fatalf("%+v", c)
		}
	}
	rows = append(rows, come...)
	slices.Sort(rows)
	return rows
}

func TestAFeedReplayedIsTheTableAtEveryVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		props, by := layout(t)
		w, next := create(t, "id BIGINT, p STRING, v INT", props, by...), 0
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			w.step(t, &next)
		}
		byVersion := map[int64][]change{}
		for _, c := range w.changes(w.feed(cdf.Version(0), cdf.Bound{}, cdf.Options{})) {
			byVersion[c.version] = append(byVersion[c.version], c)
		}
		rows := []string{}
		for v := range w.tab.Version() + 1 {
			if rows = replay(t, rows, byVersion[v]); !slices.Equal(rows, w.rowsAt(v)) {
				t.Fatalf("version %d: %q, and the table has %q", v, rows, w.rowsAt(v))
			}
			one := w.changes(w.feed(cdf.Version(v), cdf.Version(v), cdf.Options{}))
			if !slices.Equal(texts(one), texts(byVersion[v])) {
				t.Fatalf("version %d alone: %v, and %v", v, one, byVersion[v])
			}
		}
	})
}
