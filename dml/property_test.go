package dml

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table"
)

// world is a table and what it should hold.
type world struct {
	t     *rapid.T
	r     *rand.Rand
	tab   *table.Table
	model []row
	next  int64
	log   []string
}

// layouts are the properties that make a difference to how rows leave and enter files.
func layout(r *rand.Rand) (map[string]string, []string) {
	props := map[string]string{"delta.checkpointInterval": fmt.Sprint(2 + r.Intn(5))}
	for _, p := range []string{"delta.enableDeletionVectors", "delta.enableChangeDataFeed", "delta.enableRowTracking"} {
		if r.Intn(2) == 0 {
			props[p] = "true"
		}
	}
	if m := []string{"none", "name", "id"}[r.Intn(3)]; m != "none" {
		props["delta.columnMapping.mode"] = m
	}
	return props, [][]string{nil, {"part"}, {"part", "val"}}[r.Intn(3)]
}

// condition is a random predicate.
func (w *world) condition() cond {
	simple := func() cond {
		switch w.r.Intn(4) {
		case 0:
			return below("id", w.next-int64(w.r.Intn(30)))
		case 1:
			return equals("part", string(rune('a'+w.r.Intn(4))))
		case 2:
			return modulo("val", 4, int64(w.r.Intn(4)))
		}
		return modulo("id", int64(2+w.r.Intn(9)), int64(w.r.Intn(2)))
	}
	if w.r.Intn(3) == 0 {
		return either(simple(), simple())
	}
	return simple()
}

func (w *world) fresh() []row {
	rows := rowsFrom(w.next, int64(1+w.r.Intn(25)))
	w.next += int64(len(rows))
	return rows
}

func (w *world) options() Options {
	o := plain()
	o.NoDeletionVectors = w.r.Intn(4) == 0
	o.ScanParallelism = 1 + w.r.Intn(3)
	o.TargetFileSize = []int64{0, 1, 1500}[w.r.Intn(3)]
	return o
}

// step does one operation to the table and to the model.
func (w *world) step() {
	switch w.r.Intn(8) {
	case 0, 1:
		rows := w.fresh()
		w.log = append(w.log, fmt.Sprintf("append %d rows", len(rows)))
		add(w.t, w.tab, rows...)
		w.model = append(w.model, rows...)
	case 2, 3:
		where := w.condition()
		w.log = append(w.log, "delete where "+where.text)
		r, err := Delete(w.t.Context(), w.tab, where, w.options())
		must(w.t, "DELETE", r, err)
		left := without(w.model, where)
		w.count("deleted", r.DeletedRows, len(w.model)-len(left))
		w.model = left
	case 4, 5:
		w.update()
	case 6:
		w.overwrite()
	case 7:
		w.log = append(w.log, "optimize")
		if err := compact(w.t.Context(), w.tab, w.r.Intn(2) == 0); err != nil {
			w.t.Fatalf("%v\n%s", err, strings.Join(w.log, "\n"))
		}
	}
}

func (w *world) count(what string, got int64, want int) {
	if got != int64(want) {
		w.t.Fatalf("%d rows %s, not %d\n%s", got, what, want, strings.Join(w.log, "\n"))
	}
}

func (w *world) update() {
	where := w.condition()
	set := [][]Assignment{{{"val", "val + 3"}}, {{"part", "'d'"}}, {{"txt", "part"}, {"part", "txt"}}, {{"val", "id"}, {"txt", "'x'"}}}[w.r.Intn(4)]
	w.log = append(w.log, fmt.Sprintf("update %v where %s", set, where.text))
	r, err := Update(w.t.Context(), w.tab, engine{}, set, where, w.options())
	must(w.t, "UPDATE", r, err)
	n := 0
	for i, old := range w.model {
		if !where.is(old.fields()) {
			continue
		}
		n++
		for _, a := range set {
			v := eval(a.Expr, func(c string) any { return old.fields()[c] })
			switch a.Column {
			case "val":
				w.model[i].Val = v.(int64)
			case "part":
				w.model[i].Part = v.(string)
			case "txt":
				w.model[i].Txt = v.(string)
			}
		}
	}
	w.count("updated", r.UpdatedRows, n)
}

func (w *world) overwrite() {
	rows := w.fresh()
	o := OverwriteOptions{Options: w.options()}
	switch w.r.Intn(4) {
	case 0:
		where := below("id", w.next)
		if w.r.Intn(2) == 0 {
			where = equals("part", "a")
		}
		rows = without(rows, not(where))
		o.ReplaceWhere = where
		w.model = without(w.model, where)
	case 1:
		o.PartitionOverwriteMode = Dynamic
		by := w.tab.PartitionColumns()
		w.model = slices.DeleteFunc(w.model, func(old row) bool {
			return slices.ContainsFunc(rows, func(r row) bool {
				for _, c := range by {
					if old.fields()[c] != r.fields()[c] {
						return false
					}
				}
				return true
			})
		})
		if len(by) == 0 {
			w.model = nil
		}
	default:
		w.model = nil
	}
	w.log = append(w.log, fmt.Sprintf("overwrite %+v by %d rows", o.ReplaceWhere, len(rows)))
	r, err := Overwrite(w.t.Context(), w.tab, table.Batches(batch(rows...)), o)
	must(w.t, "overwrite", r, err)
	w.model = append(w.model, rows...)
}

func not(c cond) cond {
	return cond{"NOT " + c.text, c.columns, func(row map[string]any) bool { return !c.is(row) }, nil}
}

func TestChangesDoWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		props, by := layout(r)
		w := &world{t: t, r: r, tab: create(t, props, by...)}
		w.log = append(w.log, fmt.Sprint(props, by))
		for range 2 + r.Intn(5) {
			before := w.ids()
			w.step()
			w.check(before)
		}
		if props["delta.enableChangeDataFeed"] != "" {
			replays(t, w.tab, 1)
		}
	})
}

// check compares the table with the model, and row ids with those of before.
func (w *world) check(before map[string]int64) {
	w.t.Helper()
	expected := make([]string, len(w.model))
	for i, r := range w.model {
		expected[i] = r.String()
	}
	if got := all(w.t, w.tab); !sameRows(got, expected) {
		w.t.Fatalf("%s\ngot  %q\nwant %q", strings.Join(w.log, "\n"), got, expected)
	}
	after := w.ids()
	seen := map[int64]bool{}
	for row, id := range after {
		if seen[id] {
			w.t.Fatalf("%s\nrow id %d twice", strings.Join(w.log, "\n"), id)
		}
		seen[id] = true
		if old, was := before[row]; was && old != id && !strings.HasPrefix(w.log[len(w.log)-1], "overwrite") {
			w.t.Fatalf("%s\nrow %q had the id %d and has %d", strings.Join(w.log, "\n"), row, old, id)
		}
	}
}

// ids are the row ids by the row's own id; none where the table does not track rows.
func (w *world) ids() map[string]int64 {
	out := map[string]int64{}
	tab := open(w.t, w.tab.Store())
	if !tab.Snapshot().RowTrackingEnabled() {
		return out
	}
	for f, err := range tab.Snapshot().Files(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		for rows, err := range tab.ScanFile(w.t.Context(), tab.Snapshot(), f, table.ScanOptions{Columns: []string{"id"}, RowTracking: true}) {
			if err != nil {
				w.t.Fatal(err)
			}
			for i, line := range lines(rows.Rec) {
				if rows.RowIDs.IsNull(i) {
					w.t.Fatalf("row %s has no row id", line)
				}
				out[line] = rows.RowIDs.Value(i)
			}
			rows.Release()
		}
	}
	return out
}

var _ = maps.Clone[map[string]string]
