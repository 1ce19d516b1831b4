package autocdc_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is what rows come to: batch by batch, those of a key in the order of their sequences and then of their places, but for those that the table has newer ones
// than.
type model struct {
	ignoreNulls bool
	rows        map[int64]event // also those that are deleted
	floor       int64
}

func (m *model) take(batch []event) {
	batch = slices.Clone(batch)
	for _, e := range batch {
		if e.op == "t" {
			m.floor = max(m.floor, e.seq)
		}
	}
	for id, r := range m.rows {
		if r.seq < m.floor {
			delete(m.rows, id)
		}
	}
	slices.SortStableFunc(batch, func(a, b event) int { return cmp.Compare(a.seq, b.seq) })
	for _, e := range batch {
		old, there := m.rows[e.id]
		if e.op == "t" || e.seq < m.floor || there && e.seq < old.seq {
			continue
		}
		if m.ignoreNulls && e.op == "u" && e.v == "" && old.op == "u" {
			e.v = old.v
		}
		m.rows[e.id] = e
	}
}

func (m *model) table() []string {
	out := []string{}
	for _, e := range m.rows {
		if e.op == "u" {
			out = append(out, row(e.id, e.v, e.seq))
		}
	}
	return out
}

// TestTheTableIsWhatTheModelSays sends rows out of order and twice, in batches and by workers, with a process of its own for each batch.
func TestTheTableIsWhatTheModelSays(t *testing.T) {
	o := words(t)
	rapid.Check(t, func(t *rapid.T) {
		o := o
		o.IgnoreNullUpdates = rapid.Bool().Draw(t, "ignore nulls")
		w := newWorld(t, o)
		if rapid.IntRange(0, 3).Draw(t, "way") == 0 {
			w.query = "SELECT * FROM input"
		}
		var all []event
		for i := range rapid.IntRange(1, 50).Draw(t, "rows") {
			e := event{id: rapid.Int64Range(1, 4).Draw(t, "id"), seq: int64(i) - 25, op: "u", v: fmt.Sprint("v", i)}
			if !o.IgnoreNullUpdates { // else what is null is a matter of which of the equal ones was there before
				e.seq = rapid.Int64Range(-5, 20).Draw(t, "seq")
			}
			switch kind := rapid.IntRange(0, 19).Draw(t, "kind"); {
			case kind == 0:
				e = event{seq: e.seq, op: "t"}
			case kind < 4:
				e.op, e.v = "d", ""
			case kind < 10:
				e.v = ""
			}
			all = append(all, e)
		}
		for range rapid.IntRange(0, 8).Draw(t, "again") {
			all = append(all, rapid.SampledFrom(all).Draw(t, "which"))
		}
		all = rapid.Permutation(all).Draw(t, "order")
		m := &model{ignoreNulls: o.IgnoreNullUpdates, rows: map[int64]event{}, floor: -1 << 62}
		for len(all) > 0 {
			n := rapid.IntRange(1, min(20, len(all))).Draw(t, "batch")
			w.takes(texts(all[:n])...)
			if m.take(all[:n]); w.stores["t"] != nil {
				w.expect(m.table()...)
			}
			all = all[n:]
		}
	})
}
