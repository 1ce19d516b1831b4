package changes_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog/action"
)

// versions is the history that changes make, whose values are all known: each ends where the next change of its key or the next truncation is.
func versions(all []change) []string {
	of := map[int64][]change{}
	var swept []change
	for _, c := range all {
		if c.op == changes.Truncate {
			swept = append(swept, c)
		} else {
			of[c.id] = append(of[c.id], c)
		}
	}
	out := []string{}
	for id, list := range of {
		list = append(list, swept...)
		slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.seq, b.seq) })
		list = slices.CompactFunc(list, func(a, b change) bool { return a.seq == b.seq })
		for i, c := range list {
			if c.op == changes.Delete || c.op == changes.Truncate {
				continue
			}
			end := int64(0)
			if i+1 < len(list) {
				end = list[i+1].seq
			}
			out = append(out, version(id, c.v, c.big, c.seq, end))
		}
	}
	slices.Sort(out)
	return out
}

// shortHistory is what happened first: a table of history has a row for each of its changes, and a batch looks at all of them.
func shortHistory(t *rapid.T) []change {
	all := history(t, true)
	return all[:min(len(all), 30)]
}

func historyOptions(t *rapid.T) (changes.Options, map[string]string, []string) {
	o, props, by := options(t)
	o.History = true
	return o, props, by
}

func TestHistoryIsTheSameWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := historyOptions(t)
		w := newWorld(t, o, props, by...)
		all := shortHistory(t)
		for range rapid.IntRange(0, 20).Draw(t, "again") {
			all = append(all, rapid.SampledFrom(all).Draw(t, "which"))
		}
		applied(t, w, rapid.Permutation(all).Draw(t, "order"))
		w.expectAll(versions(all)...)
	})
}

// again are changes as a connector sends them that now and then goes back, and sends what follows once more.
func again(t *rapid.T, sent []change) []change {
	var out []change
	for from := 0; from < len(sent); {
		to := rapid.IntRange(from+1, len(sent)).Draw(t, "to")
		for to < len(sent) && sent[to].seq == sent[to-1].seq { // what a key change sends
			to++
		}
		back := from
		if rapid.Bool().Draw(t, "back") {
			back = rapid.IntRange(0, from).Draw(t, "from")
			for back > 0 && sent[back].seq == sent[back-1].seq {
				back--
			}
		}
		out = append(out, sent[back:to]...)
		from = to
	}
	return out
}

// Also a value that was not sent is that of the version before, when that one comes later.
func TestHistoryValuesThatAreNotSentFollowWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := historyOptions(t)
		w := newWorld(t, o, props, by...)
		all := shortHistory(t)
		sent := lacking(t, all)
		for range rapid.IntRange(0, 20).Draw(t, "again") {
			sent = append(sent, rapid.SampledFrom(sent).Draw(t, "which"))
		}
		applied(t, w, rapid.Permutation(sent).Draw(t, "order"))
		w.expectAll(versions(all)...)
	})
}

// lacking are changes of which some updates do not tell a value that has not changed.
func lacking(t *rapid.T, all []change) []change {
	sent := slices.Clone(all)
	for i := range sent {
		if sent[i].op == changes.Update && rapid.Bool().Draw(t, "lacks") {
			sent[i].lacks, sent[i].big = true, ""
		}
	}
	return sent
}

func TestHistoryValuesThatAreNotSentAreThoseOfTheVersionBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := historyOptions(t)
		w := newWorld(t, o, props, by...)
		all := shortHistory(t)
		applied(t, w, again(t, lacking(t, all)))
		w.expectAll(versions(all)...)
	})
}

func TestHistoryValuesFollowTheirRowThroughItsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := historyOptions(t)
		o.SourceMemory = 0 // parts of their own do not know of each other
		w := newWorld(t, o, props, by...)
		sent, full := movingHistory(t)
		applied(t, w, again(t, sent))
		w.expectAll(versions(full)...)
	})
}

func TestHistoryABatchThatIsAppliedTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, props, by := historyOptions(t)
		w := newWorld(t, o, props, by...)
		all := shortHistory(t)
		for len(all) > 0 {
			n := rapid.IntRange(1, len(all)).Draw(t, "batch")
			w.apply(all[:n]...)
			before := w.columns()
			w.open()
			if r := w.apply(all[:n]...); r.Inserted+r.Updated+r.Deleted != 0 {
				t.Fatalf("%+v", r)
			}
			w.expectAll(before...)
			all = all[n:]
		}
	})
}

// feed are the rows that the change data feed of a version tells, by type; from the files that the commit adds where it has no change data.
func (w *world) feed(v int64) map[string][]string {
	w.Helper()
	var cdc, added []string
	for c, err := range w.table.Log().Commits(w.Context(), v, v) {
		if err != nil {
			w.Fatal(err)
		}
		for _, a := range c.Actions {
			switch a := a.(type) {
			case *action.CDC:
				cdc = append(cdc, a.Path)
			case *action.Add:
				added = append(added, a.Path)
			}
		}
	}
	out := map[string][]string{}
	for _, path := range append(cdc, added...) {
		if len(cdc) > 0 && !slices.Contains(cdc, path) {
			continue
		}
		data, _, err := objstore.ReadAll(w.Context(), w.store, path)
		if err != nil {
			w.Fatal(err)
		}
		read, err := pqarrow.ReadTable(w.Context(), bytes.NewReader(data), nil, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			w.Fatal(err)
		}
		for rows := array.NewTableReader(read, -1); rows.Next(); {
			for _, row := range arrowtest.Rows(rows.RecordBatch()) {
				row, kind, _ := strings.Cut(row, "_change_type=")
				if row, _, _ = strings.Cut(row, "_ingestd-sequence="); kind == "" {
					kind = fmt.Sprintf("%q;", table.ChangeInsert)
				}
				out[kind] = append(out[kind], row)
			}
		}
		read.Release()
	}
	return out
}

func TestHistoryTheChangeDataFeedMakesTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		props := map[string]string{"delta.enableChangeDataFeed": "true"}
		if rapid.Bool().Draw(t, "vectors") {
			props["delta.enableDeletionVectors"] = "true"
		}
		w := newWorld(t, changes.Options{History: true}, props)
		all := shortHistory(t)
		applied(t, w, rapid.Permutation(all).Draw(t, "order"))
		if err := w.table.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := map[string]int{}
		for v := int64(1); v <= w.table.Version(); v++ {
			told := w.feed(v)
			if n := len(told[`"delete";`]); n > 0 {
				t.Fatalf("version %d: the feed has %d deletions, and no version of a row goes", v, n)
			}
			for _, r := range told[`"update_preimage";`] {
				if rows[r]--; rows[r] < 0 {
					t.Fatalf("version %d: the feed takes a row that is not there: %s", v, r)
				}
			}
			for _, kind := range []string{`"insert";`, `"update_postimage";`} {
				for _, r := range told[kind] {
					rows[r]++
				}
			}
		}
		got := []string{}
		for r, n := range rows {
			for range n {
				got = append(got, r)
			}
		}
		w.expectAll(got...)
		w.expectAll(versions(all)...)
	})
}
