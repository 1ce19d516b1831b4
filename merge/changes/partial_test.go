package changes_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
)

func TestALateChangeGivesNoValuesToANewerOne(t *testing.T) {
	late := []change{{op: u, id: 1, v: "late", big: "LATE", seq: 3}, {op: u, id: 1, v: "c", lacks: true, seq: 6}}
	w := newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "b", big: "BIG", seq: 5})
	w.apply(late...)
	w.expect(row(1, "c", "BIG"))

	w = newWorld(t, changes.Options{}, vectors)
	w.apply(change{op: c, id: 1, v: "b", big: "BIG", seq: 4})
	w.apply(change{op: d, id: 1, seq: 5})
	w.apply(late...)
	w.expect(`id=1;v="c";big=null;`)
}

// partial is what changes that lack values come to, batch by batch: those of a key in the order of their sequences, but for those that the table has newer ones
// than.
type partial struct {
	rows  map[int64]change
	floor int64
}

func (p *partial) apply(batch []change) {
	batch = slices.Clone(batch)
	for _, c := range batch {
		if c.op == changes.Truncate {
			p.floor = max(p.floor, c.seq)
		}
	}
	for id, r := range p.rows {
		if r.seq < p.floor {
			delete(p.rows, id)
		}
	}
	slices.SortStableFunc(batch, func(a, b change) int {
		return bytes.Compare(changes.Sequence(nil).Number(a.seq), changes.Sequence(nil).Number(b.seq))
	})
	for _, c := range batch {
		old, there := p.rows[c.id]
		if c.op == changes.Truncate || c.seq < p.floor || there && c.seq < old.seq {
			continue
		}
		if c.lacks && there && old.op != changes.Delete {
			c.big, c.lacks = old.big, old.lacks
		}
		p.rows[c.id] = c
	}
}

func (p *partial) all() []string {
	out := []string{}
	for _, c := range p.rows {
		switch {
		case c.op == changes.Delete:
		case c.lacks:
			out = append(out, fmt.Sprintf("id=%d;v=%q;big=null;", c.id, c.v))
		default:
			out = append(out, row(c.id, c.v, c.big))
		}
	}
	return out
}

func TestChangesThatLackValuesMayComeLateAndTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := options(t)
		w := newWorld(t, o, props, by...)
		var all []change
		n := rapid.Int64Range(1, 60).Draw(t, "changes")
		for seq := int64(1); seq <= n; seq++ {
			x := change{op: u, id: rapid.Int64Range(1, 3).Draw(t, "id"), v: fmt.Sprint("v", seq), big: fmt.Sprint("big", seq), seq: seq}
			switch kind := rapid.IntRange(0, 19).Draw(t, "kind"); {
			case kind == 0:
				x = change{op: changes.Truncate, seq: seq}
			case kind < 4:
				x = change{op: d, id: x.id, seq: seq}
			case kind < 12:
				x.lacks, x.big = true, ""
			}
			all = append(all, x)
		}
		for range rapid.IntRange(0, 10).Draw(t, "again") {
			all = append(all, rapid.SampledFrom(all).Draw(t, "which"))
		}
		all = rapid.Permutation(all).Draw(t, "order")
		m := &partial{rows: map[int64]change{}}
		for len(all) > 0 {
			n := rapid.IntRange(1, min(6, len(all))).Draw(t, "batch")
			w.apply(all[:n]...)
			m.apply(all[:n])
			w.expect(m.all()...)
			all = all[n:]
			if rapid.Bool().Draw(t, "reopen") {
				w.open()
			}
		}
	})
}
