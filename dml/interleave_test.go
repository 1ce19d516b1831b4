package dml

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// op is a change, and what it means for a list of rows.
type op struct {
	name  string
	run   func(*table.Table) error
	model func([]row) []row
}

func randomOp(t tester, r *rand.Rand, next *int64, partitioned bool) op {
	conds := []cond{modulo("id", 5, int64(r.Intn(5))), modulo("val", 4, int64(r.Intn(4))), below("id", int64(r.Intn(40))), equals("part", "a"),
		either(modulo("id", 9, 3), equals("part", "d"))}
	where := conds[r.Intn(len(conds))]
	switch r.Intn(7) {
	case 6:
		*next += 10
		fresh, limit := rowsFrom(*next-1000, 3), int64(r.Intn(40))
		o := OverwriteOptions{Options: plain(), Replay: true, ReplaceWhere: below("id", limit)}
		return op{fmt.Sprint("replace where id < ", limit, " from ", *next-1000), overwriteBy(t, o, fresh), func(m []row) []row { return append(without(m, below("id", limit)), fresh...) }}
	case 5:
		*next += 10
		fresh := rowsFrom(*next, 3)
		o := OverwriteOptions{Options: plain(), Replay: true, PartitionOverwriteMode: []PartitionOverwriteMode{Static, Dynamic}[r.Intn(2)]}
		return op{fmt.Sprint("overwrite ", o.PartitionOverwriteMode, " from ", *next), overwriteBy(t, o, fresh), func(m []row) []row {
			if o.PartitionOverwriteMode == Static || !partitioned {
				return fresh
			}
			return append(without(m, equals("part", "a"), equals("part", "b"), equals("part", "c")), fresh...)
		}}
	case 0:
		*next += 10
		rows := rowsFrom(*next, 3)
		return op{fmt.Sprint("append from ", *next), func(tab *table.Table) error { return tryAdd(t.Context(), tab, rows...) },
			func(m []row) []row { return append(m, rows...) }}
	case 1:
		return op{"optimize", func(tab *table.Table) error {
			err := compact(t.Context(), tab, r.Intn(3) == 0)
			var conflict *txlog.ConflictError
			if errors.As(err, &conflict) {
				return nil // it would be done another time
			}
			return err
		}, func(m []row) []row { return m }}
	case 2:
		set := []Assignment{{"val", "val + 1"}}
		change := func(o *row) { o.Val++ }
		if r.Intn(2) == 0 {
			set, change = []Assignment{{"part", "'d'"}}, func(o *row) { o.Part = "d" }
		}
		return op{fmt.Sprintf("update %v where %s", set, where), func(tab *table.Table) error {
			_, err := Update(t.Context(), tab, engine{}, set, where, plain())
			return err
		}, func(m []row) []row {
			for i := range m {
				if where.is(m[i].fields()) {
					change(&m[i])
				}
			}
			return m
		}}
	}
	return op{"delete where " + where.text, func(tab *table.Table) error {
		_, err := Delete(t.Context(), tab, where, plain())
		return err
	}, func(m []row) []row { return without(m, where) }}
}

// overwriteBy is an overwrite by rows that are in all partitions of the table.
func overwriteBy(t tester, o OverwriteOptions, fresh []row) func(*table.Table) error {
	return func(tab *table.Table) error {
		in := func(yield func(arrow.RecordBatch, error) bool) { yield(batch(fresh...), nil) }
		_, err := Overwrite(t.Context(), tab, in, o)
		return err
	}
}

// serial are the results of all orders of ops.
func serial(rows []row, ops []op) map[string]bool {
	out := map[string]bool{}
	var permute func(done []op, left []op)
	permute = func(done, left []op) {
		if len(left) == 0 {
			m := slices.Clone(rows)
			for _, o := range done {
				m = o.model(slices.Clone(m))
			}
			out[rowsText(m)] = true
		}
		for i := range left {
			rest := append(slices.Clone(left[:i]), left[i+1:]...)
			permute(append(slices.Clone(done), left[i]), rest)
		}
	}
	permute(nil, ops)
	return out
}

func rowsText(m []row) string {
	var lines []string
	for _, r := range m {
		lines = append(lines, r.String())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// nest runs the first of ops, which the others overtake: all one after the other, or one within the other.
func nest(t tester, store objstore.Store, r *rand.Rand, ops []op) {
	run := func(o op, others ...func()) {
		done := 0
		for i, other := range others {
			others[i] = func() { done++; other() }
		}
		if err := o.run(overtake(t, store, others...)); err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
		for _, other := range others[done:] { // there was nothing to commit
			other()
		}
	}
	switch {
	case len(ops) == 3 && r.Intn(2) == 0:
		run(ops[0], func() { run(ops[1], func() { run(ops[2]) }) })
	case len(ops) == 3:
		run(ops[0], func() { run(ops[1]) }, func() { run(ops[2]) })
	default:
		run(ops[0], func() { run(ops[1]) })
	}
}

func TestChangesAtOnceAreAsOneAfterTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		props := map[string]string{"delta.enableDeletionVectors": []string{"true", "false"}[r.Intn(4)/3]}
		if r.Intn(2) == 0 {
			props["delta.isolationLevel"] = "Serializable"
		}
		if r.Intn(2) == 0 {
			props["delta.enableChangeDataFeed"] = "true"
		}
		if r.Intn(2) == 0 {
			props["delta.enableRowTracking"] = "true"
		}
		store := mem.New()
		tab := createIn(t, store, props, [][]string{nil, {"part"}}[r.Intn(2)]...)
		rows := rowsFrom(0, 40)
		add(t, tab, rows[:20]...)
		add(t, tab, rows[20:]...)
		next := int64(100)
		ops := make([]op, 2+r.Intn(2))
		names := fmt.Sprint(props, tab.PartitionColumns())
		for i := range ops {
			ops[i] = randomOp(t, r, &next, len(tab.PartitionColumns()) > 0)
			names += "\n" + ops[i].name
		}
		nest(t, store, r, ops)
		if got := strings.Join(all(t, tab), "\n"); !serial(rows, ops)[got] {
			t.Fatalf("no order of\n%s\ngives\n%s", names, got)
		}
		if props["delta.enableChangeDataFeed"] != "" {
			replays(t, tab, 1)
		}
		seen := map[int64]string{}
		for row, id := range (&world{t: t, tab: tab}).ids() {
			if other, twice := seen[id]; twice {
				t.Fatalf("%s\nrows %q and %q have the id %d", names, row, other, id)
			}
			seen[id] = row
		}
	})
}
