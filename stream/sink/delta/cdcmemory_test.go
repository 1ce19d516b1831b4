package delta

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
)

func TestTablesShareOneMemoryAndComeToTheSame(t *testing.T) {
	const limit = 3000
	dir, greatest := t.TempDir(), int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		tables := rapid.IntRange(2, 12).Draw(rt, "tables")
		next := make([]int64, tables)
		want := map[string]map[int64]string{}
		var events []ev
		for n := range rapid.IntRange(1, 80).Draw(rt, "events") {
			i := rapid.IntRange(0, tables-1).Draw(rt, "table")
			e := ev{table: fmt.Sprint("t", i), offset: next[i], op: changes.Update, id: rapid.Int64Range(1, 6).Draw(rt, "id"), v: fmt.Sprint("v", n)}
			next[i]++
			rows := want["lake/"+e.table]
			if rows == nil {
				rows = map[int64]string{}
				want["lake/"+e.table] = rows
			}
			if rows[e.id] = fmt.Sprintf("id=%d;v=%q;", e.id, e.v); n%5 == 0 {
				e.op, e.v = changes.Delete, ""
				delete(rows, e.id)
			}
			events = append(events, e)
		}
		for _, memory := range []int64{limit, 0} {
			l := newLake(t)
			s := l.sink("lake/{table}", changes.Options{SourceMemory: memory, TempDir: dir, TombstoneMemory: changes.NewMemory(500)})
			l.run(s, events...)
			for url, rows := range want {
				l.expect(url, slices.Sorted(maps.Values(rows))...)
			}
			if m := s.o.Changes.TombstoneMemory; m.Peak() > m.Limit() {
				rt.Fatalf("tombstones took %d of %d bytes", m.Peak(), m.Limit())
			}
			m := s.o.Changes.Memory
			if memory == 0 {
				greatest = max(greatest, m.Peak())
			}
			if m.Peak() > m.Limit() || m.Held() != 0 {
				rt.Fatalf("at most %d of %d bytes were held, and in the end %d", m.Peak(), m.Limit(), m.Held())
			}
		}
	})
	if greatest <= limit {
		t.Fatalf("no set of tables needed more than %d bytes", greatest)
	}
}
