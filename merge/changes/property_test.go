package changes_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
)

// lasting is what all changes come to, whatever the order in which they are: for each key the one with the greatest sequence, if it is newer
// than the last truncation.
func lasting(all []change) []string {
	last := map[int64]change{}
	var floor int64
	for _, c := range all {
		if c.op == changes.Truncate {
			floor = max(floor, c.seq)
		} else if o, ok := last[c.id]; !ok || c.seq > o.seq {
			last[c.id] = c
		}
	}
	out := []string{}
	for _, c := range last {
		if c.op != changes.Delete && c.seq > floor {
			out = append(out, row(c.id, c.v, c.big))
		}
	}
	slices.Sort(out)
	return out
}

// history draws changes as a database makes them: sequences ascend, keys are created before they are changed.
func history(t *rapid.T, truncations bool) []change {
	var out []change
	alive := map[int64]string{}
	n := rapid.IntRange(1, 60).Draw(t, "changes")
	for seq := int64(1); seq <= int64(n); seq++ {
		id := rapid.Int64Range(1, 8).Draw(t, "id")
		big, there := alive[id]
		kind := rapid.IntRange(0, 19).Draw(t, "kind")
		switch {
		case kind == 0 && truncations:
			clear(alive)
			out = append(out, change{op: changes.Truncate, seq: seq})
		case !there:
			alive[id] = fmt.Sprint("big", seq)
			out = append(out, change{op: changes.Create, id: id, v: fmt.Sprint("v", seq), big: alive[id], seq: seq})
		case kind < 6:
			delete(alive, id)
			out = append(out, change{op: changes.Delete, id: id, seq: seq})
		default:
			out = append(out, change{op: changes.Update, id: id, v: fmt.Sprint("v", seq), big: big, seq: seq})
		}
	}
	return out
}

func options(t *rapid.T) (changes.Options, map[string]string, []string) {
	props := map[string]string{}
	if rapid.Bool().Draw(t, "vectors") {
		props["delta.enableDeletionVectors"] = "true"
	}
	if rapid.Bool().Draw(t, "feed") {
		props["delta.enableChangeDataFeed"] = "true"
	}
	if rapid.Bool().Draw(t, "tracking") {
		props["delta.enableRowTracking"] = "true"
	}
	if rapid.Bool().Draw(t, "mapping") {
		props["delta.columnMapping.mode"] = "name"
	}
	var by []string
	if rapid.Bool().Draw(t, "partitioned") {
		by = []string{"v"}
	}
	o := changes.Options{}
	if rapid.Bool().Draw(t, "spill") {
		o.SourceMemory = 1
	}
	if rapid.Bool().Draw(t, "forget tombstones") {
		o.TombstoneMemory = changes.NewMemory(200)
	}
	return o, props, by
}

// applied applies changes in batches of drawn sizes, and now and then opens the table anew. What a deletion says of the new key of its row
// is of one record with it, and so of one batch.
func applied(t *rapid.T, w *world, all []change) {
	for len(all) > 0 {
		n := rapid.IntRange(1, len(all)).Draw(t, "batch")
		if n < len(all) && all[n].blank {
			n++
		}
		w.apply(all[:n]...)
		all = all[n:]
		if rapid.Bool().Draw(t, "reopen") {
			w.open()
		}
	}
}

func TestWhateverTheOrderTheNewestChangeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := options(t)
		w := newWorld(t, o, props, by...)
		all := history(t, true)
		for range rapid.IntRange(0, 20).Draw(t, "again") { // what connectors send once more
			all = append(all, rapid.SampledFrom(all).Draw(t, "which"))
		}
		applied(t, w, rapid.Permutation(all).Draw(t, "order"))
		w.expect(lasting(all)...)
	})
}

func TestValuesThatAreNotSentAreThoseOfTheRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := options(t)
		w := newWorld(t, o, props, by...)
		all := history(t, true)
		sent := slices.Clone(all)
		for i := range sent {
			if sent[i].op == changes.Update && rapid.Bool().Draw(t, "lacks") {
				sent[i].lacks, sent[i].big = true, ""
			}
		}
		applied(t, w, sent)
		w.expect(lasting(all)...)
	})
}

func TestABatchThatIsAppliedTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := options(t)
		w := newWorld(t, o, props, by...)
		all := history(t, true)
		for len(all) > 0 {
			n := rapid.IntRange(1, len(all)).Draw(t, "batch")
			w.apply(all[:n]...)
			before := w.rows()
			w.open()
			w.apply(all[:n]...)
			w.expect(before...)
			all = all[n:]
		}
		if _, err := w.applier.Commit(t.Context(), table.CommitOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

// movingHistory draws changes of rows whose keys change, as a connector sends them, without values that stay; full is each change of a key with all values.
func movingHistory(t *rapid.T) (sent, full []change) {
	type state struct{ v, big string }
	alive := map[int64]state{}
	upsert := func(c change, big string) {
		alive[c.id] = state{c.v, big}
		sent = append(sent, c)
		c.big = big
		full = append(full, c)
	}
	gone := func(id, seq int64) {
		delete(alive, id)
		c := change{op: changes.Delete, id: id, seq: seq}
		sent, full = append(sent, c), append(full, c)
	}
	n := int64(rapid.IntRange(1, 60).Draw(t, "changes"))
	for seq := int64(1); seq <= n; seq++ {
		id := rapid.Int64Range(1, 5).Draw(t, "id")
		s, there := alive[id]
		to := rapid.Int64Range(1, 5).Draw(t, "to")
		_, taken := alive[to]
		v, big := fmt.Sprint("v", seq), fmt.Sprint("big", seq)
		switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
		case !there:
			upsert(change{op: changes.Create, id: id, v: v, big: big, seq: seq}, big)
		case kind < 2:
			gone(id, seq)
		case kind < 6 && !taken:
			gone(id, seq)
			sent = append(sent, change{op: changes.Create, id: to, was: id, blank: true, seq: seq})
			upsert(change{op: changes.Create, id: to, was: id, v: v, lacks: true, seq: seq}, s.big)
		case kind < 8:
			upsert(change{op: changes.Update, id: id, v: v, lacks: true, seq: seq}, s.big)
		default:
			upsert(change{op: changes.Update, id: id, v: v, big: big, seq: seq}, big)
		}
	}
	return sent, full
}

func TestValuesFollowTheirRowThroughItsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := options(t)
		w := newWorld(t, o, props, by...)
		sent, full := movingHistory(t)
		applied(t, w, sent)
		w.expect(lasting(full)...)
	})
}
