package merge_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// orphans are objects that no version of the table names.
func orphans(t tester, store objstore.Store) []string {
	t.Helper()
	named := map[string]bool{}
	name := func(path string, dv *action.DeletionVector) {
		key, _ := url.PathUnescape(path)
		named[key] = true
		if dv == nil {
			return
		}
		if p, err := deletionvector.Path(dv); err == nil {
			named[p] = true
		}
	}
	for c, err := range open(t, store).Log().Commits(t.Context(), 0, -1) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range c.Actions {
			switch a := a.(type) {
			case *action.Add:
				name(a.Path, a.DeletionVector)
			case *action.CDC:
				name(a.Path, nil)
			}
		}
	}
	var out []string
	for info, err := range store.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(info.Key, "_delta_log/") && !named[info.Key] {
			out = append(out, info.Key)
		}
	}
	return out
}

// TestAFaultAnywhereLosesNothingAndDoesNothingTwice makes each call to the store fail in each way. The statement has no expressions that SQL
// must compute, so that thousands of runs are cheap.
func TestAFaultAnywhereLosesNothingAndDoesNothingTwice(t *testing.T) {
	stmt := statement(t, "t.id = s.id", "MATCHED THEN UPDATE SET v = s.v", upsertInsert, "NOT MATCHED BY SOURCE THEN DELETE")
	for _, c := range []struct {
		rewrite bool
		source  string
		memory  int64
	}{
		{false, "SELECT i AS id, -i AS v FROM range(1, 1200, 2) r(i)", 0},     // enough for deletion vectors in files
		{true, "SELECT i AS id, -i AS v FROM (VALUES (450), (1300)) r(i)", 1}, // each comes from disk alone
	} {
		t.Run(fmt.Sprintf("rewrite=%t", c.rewrite), func(t *testing.T) {
			schema, source := selected(t, c.source)
			o := options()
			o.NoDeletionVectors, o.Parallelism, o.ScanParallelism, o.TempDir, o.SourceMemory = c.rewrite, 1, 1, t.TempDir(), c.memory
			do := func(tab *table.Table) error {
				_, err := merge.Merge(t.Context(), tab, compiler, stmt, schema, batches(source), o)
				return err
			}
			inner, before, after := faultless(t, do)
			for _, effect := range []fault.Effect{fault.Fail, fault.Lost, fault.Phantom, fault.Crash, fault.CrashAfter} {
				for n := 1; ; n++ {
					store := copyOf(t, inner)
					broken := fault.Wrap(store, fault.Options{})
					tab := open(t, broken)
					broken.SetRules(fault.Rule{Effect: effect, Nth: n})
					err := do(tab)
					injected := broken.Log()
					broken.Revive()
					settled(t, store, err, effect, injected, before, after)
					if left, _ := os.ReadDir(o.TempDir); len(left) > 0 {
						t.Fatalf("%v: %v leaves %v", injected, err, left)
					}
					if len(injected) == 0 {
						break
					}
				}
			}
		})
	}
}

// settled says whether a table is as it must be after a merge that a fault met.
func settled(t *testing.T, store objstore.Store, err error, effect fault.Effect, injected []fault.Rule, before, after string) {
	t.Helper()
	got := strings.Join(rows(t, open(t, store)), "\n")
	unknown := errors.Is(err, objstore.ErrOutcomeUnknown)
	switch {
	case got != before && got != after:
		t.Fatalf("%v: %v leaves neither the rows of before nor those of after", injected, err)
	case err == nil && got != after:
		t.Fatalf("%v: no error, and the rows of before", injected)
	case err != nil && got == after && !unknown && effect != fault.CrashAfter && effect != fault.Lost:
		t.Fatalf("%v: %v, and the rows of after", injected, err)
	case errors.Is(err, txlog.ErrProvablyRejected) && got == after:
		t.Fatalf("%v: rejected, it says, and the rows of after", injected)
	}
	crashed := effect == fault.Crash || effect == fault.CrashAfter
	atDelete := len(injected) > 0 && injected[0].Op == fault.Delete
	if left := orphans(t, store); len(left) > 0 && !crashed && !unknown && !atDelete {
		t.Fatalf("%v: %v leaves %q", injected, err, left)
	}
}

// faultless does the work without faults: a store from before, and the rows of before and after.
func faultless(t *testing.T, do func(*table.Table) error) (store *mem.Store, before, after string) {
	t.Helper()
	store = mem.New()
	tab := createIn(t, store, "id BIGINT, v BIGINT", map[string]string{"delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true"})
	insert(t, tab, numbered(0, 449))
	insert(t, tab, numbered(450, 899))
	before = strings.Join(rows(t, tab), "\n")
	done := copyOf(t, store)
	if err := do(open(t, done)); err != nil {
		t.Fatal(err)
	}
	return store, before, strings.Join(rows(t, open(t, done)), "\n")
}
