package merge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
)

// overtake opens the table so that, each time when it is about to commit, the next of others commits first.
func overtake(t tester, inner objstore.Store, others ...func()) *table.Table {
	t.Helper()
	var mu sync.Mutex
	return open(t, fault.Wrap(inner, fault.Options{Before: func(_ context.Context, c fault.Call) error {
		if c.Op != fault.Put || !strings.HasPrefix(c.Key, "_delta_log/") || !strings.HasSuffix(c.Key, ".json") {
			return nil
		}
		mu.Lock()
		var next func()
		if len(others) > 0 {
			next, others = others[0], others[1:]
		}
		mu.Unlock()
		if next != nil {
			next()
		}
		return nil
	}}))
}

// where is a condition on rows of the table.
func where(t tester, tab *table.Table, text string) predicate.Filter {
	t.Helper()
	s, err := arrowmap.ToArrow(tab.Schema())
	if err != nil {
		t.Fatal(err)
	}
	f, err := compiler.Filter(t.Context(), text, s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// deletes, merges, appends and moves are others that overtake.
func deletes(t tester, store objstore.Store, text string) func() {
	return func() {
		tab := open(t, store)
		if _, err := dml.Delete(t.Context(), tab, where(t, tab, text), options().Options); err != nil {
			t.Fatal(err)
		}
	}
}

func merges(t tester, store objstore.Store, source string, s merge.Statement) func() {
	return func() { mustRun(t, open(t, store), source, s) }
}

func appends(t tester, store objstore.Store, source string) func() {
	return func() { insert(t, open(t, store), source) }
}

// compacts writes all files into one, as OPTIMIZE does.
func compacts(t tester, store objstore.Store) func() {
	return func() {
		tab := open(t, store)
		c, err := tab.NewChange(t.Context(), table.ChangeOptions{KeepsData: true})
		if err != nil {
			t.Fatal(err)
		}
		for add, err := range c.Snapshot().Files(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			c.RemoveFile(add)
			for rows, err := range c.Rows(t.Context(), add, table.ScanOptions{RowTracking: true}) {
				if err == nil {
					err = c.Move(t.Context(), rows, table.Origins{Files: []*action.Add{add}, Positions: rows.Positions})
				}
				if err != nil {
					t.Fatal(err)
				}
				rows.Release()
			}
		}
		if _, err := c.Commit(t.Context(), table.CommitOptions{Operation: "OPTIMIZE", Parameters: map[string]any{}, Metrics: map[string]string{}}); err != nil {
			t.Fatal(err)
		}
	}
}

// numbered are rows id, v with ids from first to last and v = id.
func numbered(first, last int) string {
	return fmt.Sprintf("SELECT i AS id, i AS v FROM range(%d, %d) r(i)", first, last+1)
}

func upsert(t tester) merge.Statement {
	return statement(t, "t.id = s.id", "MATCHED THEN UPDATE SET v = t.v + s.v", upsertInsert)
}

// both are tables of one file of ids 1 to 6, with and without deletion vectors.
func both(t *testing.T, test func(t *testing.T, store objstore.Store, vectors bool), props ...string) {
	forBoth(t, func(t *testing.T, p map[string]string) {
		p = maps.Clone(p)
		if p == nil {
			p = map[string]string{}
		}
		for _, name := range props {
			key, value, _ := strings.Cut(name, "=")
			p[key] = value
		}
		store := mem.New()
		insert(t, createIn(t, store, "id BIGINT, v BIGINT", p), numbered(1, 6))
		test(t, store, p["delta.enableDeletionVectors"] != "")
	})
}

const serializable = "delta.isolationLevel=Serializable"

func TestARowAddedMeanwhileIsSeen(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, _ bool) {
		r := mustRun(t, overtake(t, store, appends(t, store, of("id, v", "(7::BIGINT, 70::BIGINT)"))), of("id, v", "(7::BIGINT, 1::BIGINT)"), upsert(t))
		expect(t, open(t, store), append(idsV(1, 6), "id=7;v=71;")...)
		if r.Tries != 2 || r.RowsUpdated != 1 || r.RowsInserted != 0 {
			t.Fatalf("%d tries, %+v", r.Tries, r.Metrics)
		}
	}, serializable)
}

// A blind append depends on nothing, so that it may as well have come after. That is what WriteSerializable, the default, lets pass.
func TestABlindAppendMayComeAfter(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, _ bool) {
		mustRun(t, overtake(t, store, appends(t, store, of("id, v", "(7::BIGINT, 70::BIGINT)"))), of("id, v", "(7::BIGINT, 1::BIGINT)"), upsert(t))
		got := fmt.Sprint(rows(t, open(t, store)))
		after, before := fmt.Sprint(append(idsV(1, 6), "id=7;v=1;", "id=7;v=70;")), fmt.Sprint(append(idsV(1, 6), "id=7;v=71;"))
		if got != after && got != before {
			t.Fatal(got)
		}
	})
}

func TestARowOfAnotherKeyAddedMeanwhileDoesNotMatter(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, vectors bool) {
		r := mustRun(t, overtake(t, store, appends(t, store, of("id, v", "(70::BIGINT, 70::BIGINT)"))), of("id, v", "(7::BIGINT, 1::BIGINT)"), upsert(t))
		expect(t, open(t, store), append(idsV(1, 6), "id=70;v=70;", "id=7;v=1;")...)
		if r.Tries != 1 {
			t.Fatalf("%d tries", r.Tries)
		}
	}, serializable)
}

// idsV are rows of numbered as text, but for some ids.
func idsV(first, last int, but ...int) []string {
	var out []string
	for i := first; i <= last; i++ {
		if len(but) == 0 || i != but[0] {
			out = append(out, fmt.Sprintf("id=%d;v=%d;", i, i))
		}
	}
	return out
}

func TestADeleteOfOtherRowsOfTheFileDoesNotMatter(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, vectors bool) {
		r := mustRun(t, overtake(t, store, deletes(t, store, "id = 2")), of("id, v", "(3::BIGINT, 1::BIGINT)"), upsert(t))
		expect(t, open(t, store), "id=1;v=1;", "id=3;v=4;", "id=4;v=4;", "id=5;v=5;", "id=6;v=6;")
		if vectors != (r.Tries == 1) {
			t.Fatalf("%d tries", r.Tries)
		}
	})
}

func TestADeleteOfAMatchedRowIsSeen(t *testing.T) {
	for name, s := range map[string]merge.Statement{
		"updated":       upsert(t),
		"not wanted":    statement(t, "t.id = s.id", "MATCHED AND t.v < 0 THEN DELETE", upsertInsert),
		"only inserted": statement(t, "t.id = s.id", upsertInsert),
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, store objstore.Store, _ bool) {
				r := mustRun(t, overtake(t, store, deletes(t, store, "id > 0")), of("id, v", "(3::BIGINT, 1::BIGINT), (9, 9)"), s)
				expect(t, open(t, store), "id=3;v=1;", "id=9;v=9;")
				if r.Tries != 2 {
					t.Fatalf("%d tries", r.Tries)
				}
			})
		})
	}
}

func TestTwoMergesOfOtherKeysOfOneFile(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, vectors bool) {
		r := mustRun(t, overtake(t, store, merges(t, store, of("id, v", "(2::BIGINT, 10::BIGINT), (8, 8)"), upsert(t))), of("id, v", "(3::BIGINT, 100::BIGINT), (9, 9)"), upsert(t))
		expect(t, open(t, store), "id=1;v=1;", "id=2;v=12;", "id=3;v=103;", "id=4;v=4;", "id=5;v=5;", "id=6;v=6;", "id=8;v=8;", "id=9;v=9;")
		if vectors != (r.Tries == 1) {
			t.Fatalf("%d tries", r.Tries)
		}
	})
}

func TestTwoMergesOfOneKeyAreOneAfterTheOther(t *testing.T) {
	for _, key := range []int{3, 9} {
		both(t, func(t *testing.T, store objstore.Store, _ bool) {
			source := func(v int) string { return of("id, v", fmt.Sprintf("(%d::BIGINT, %d::BIGINT)", key, v)) }
			r := mustRun(t, overtake(t, store, merges(t, store, source(10), upsert(t))), source(100), upsert(t))
			sum := 110
			if key == 3 {
				sum += 3
			}
			expect(t, open(t, store), append(idsV(1, 6, key), fmt.Sprintf("id=%d;v=%d;", key, sum))...)
			if r.Tries != 2 {
				t.Fatalf("%d tries", r.Tries)
			}
		})
	}
}

func TestAMergeOverASourceOnDiskIsDoneAgain(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, _ bool) {
		o := options()
		o.SourceMemory, o.TempDir = 1, t.TempDir()
		tab := overtake(t, store, merges(t, store, of("id, v", "(9::BIGINT, 10::BIGINT)"), upsert(t)))
		r, err := run(t, tab, of("id, v", "(9::BIGINT, 100::BIGINT), (1, 1)"), upsert(t), o)
		if err != nil || r.Tries != 2 {
			t.Fatal(r.Tries, err)
		}
		expect(t, open(t, store), append(idsV(2, 6), "id=1;v=2;", "id=9;v=110;")...)
	})
}

func TestAMergeFollowsRowsThatOptimizeHasMoved(t *testing.T) {
	for name, s := range map[string]merge.Statement{
		"updates": upsert(t), "inserts": statement(t, "t.id = s.id", upsertInsert),
		"all three": statement(t, "t.id = s.id", "MATCHED THEN UPDATE SET v = t.v + s.v", upsertInsert, "NOT MATCHED BY SOURCE THEN UPDATE SET v = -v"),
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, store objstore.Store, _ bool) {
				insert(t, open(t, store), numbered(11, 12))
				deletes(t, store, "id IN (2, 5)")()
				quiet := copyOf(t, store)
				source := of("id, v", "(3::BIGINT, 1::BIGINT), (12, 1), (20, 20)")
				mustRun(t, open(t, quiet), source, s)
				mustRun(t, overtake(t, store, compacts(t, store)), source, s)
				expect(t, open(t, store), rows(t, open(t, quiet))...)
			})
		})
	}
}

func TestNotMatchedBySourceSeesARowAddedMeanwhile(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, _ bool) {
		s := statement(t, "t.id = s.id", "NOT MATCHED BY SOURCE THEN DELETE")
		mustRun(t, overtake(t, store, appends(t, store, of("id, v", "(70::BIGINT, 70::BIGINT)"))), of("id, v", "(3::BIGINT, 1::BIGINT)"), s)
		expect(t, open(t, store), "id=3;v=3;")
	}, serializable)
}

func TestTriesEndWhereTheyAreBounded(t *testing.T) {
	both(t, func(t *testing.T, store objstore.Store, _ bool) {
		o := options()
		o.MaxTries = 1
		source := of("id, v", "(3::BIGINT, 1::BIGINT)")
		_, err := run(t, overtake(t, store, merges(t, store, source, upsert(t))), source, upsert(t), o)
		if retry := (interface{ Retryable() bool })(nil); !errors.As(err, &retry) || !retry.Retryable() {
			t.Fatal(err)
		}
		expect(t, open(t, store), append(idsV(1, 6, 3), "id=3;v=4;")...)
	})
}

func copyOf(t tester, from objstore.Store) *mem.Store {
	t.Helper()
	to := mem.New()
	for info, err := range from.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := objstore.ReadAll(t.Context(), from, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Put(t.Context(), info.Key, objstore.Bytes(data), objstore.Cond{}); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
