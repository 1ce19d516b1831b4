package dml

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

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
	tab := open(t, store)
	for c, err := range tab.Log().Commits(t.Context(), 0, -1) {
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

// TestAFaultAnywhereLeavesTheTableBeforeOrAfter makes each call to the store fail in each way, for deletes and
// updates by vectors and by rewriting.
func TestAFaultAnywhereLeavesTheTableBeforeOrAfter(t *testing.T) {
	work := map[string]func(*table.Table, Options) error{
		"delete": func(tab *table.Table, o Options) error {
			_, err := Delete(t.Context(), tab, either(modulo("id", 3, 1), below("id", 20)), o)
			return err
		},
		"update": func(tab *table.Table, o Options) error {
			_, err := Update(t.Context(), tab, engine{}, []Assignment{{"val", "val + 1"}}, modulo("id", 3, 1), o)
			return err
		},
	}
	for name, do := range work {
		for _, o := range []Options{{}, {NoDeletionVectors: true}} {
			t.Run(fmt.Sprintf("%s/rewrite=%t", name, o.NoDeletionVectors), func(t *testing.T) {
				o.Backoff, o.Parallelism, o.ScanParallelism = plain().Backoff, 1, 1
				inner, before, after := faultless(t, do, o)
				for _, effect := range []fault.Effect{fault.Fail, fault.Lost, fault.Phantom, fault.Crash, fault.CrashAfter} {
					for n := 1; ; n++ {
						store := copyOf(t, inner)
						broken := fault.Wrap(store, fault.Options{})
						tab := open(t, broken)
						broken.SetRules(fault.Rule{Effect: effect, Nth: n})
						err := do(tab, o)
						injected := broken.Log()
						broken.Revive()
						settled(t, store, err, effect, injected, before, after)
						if len(injected) == 0 {
							break
						}
					}
				}
			})
		}
	}
}

// settled says whether a table is as it must be after a change that a fault met.
func settled(t *testing.T, store objstore.Store, err error, effect fault.Effect, injected []fault.Rule, before, after string) {
	t.Helper()
	got := strings.Join(all(t, open(t, store)), "\n")
	unknown := errors.Is(err, objstore.ErrOutcomeUnknown) && !errors.Is(err, txlog.ErrProvablyRejected)
	switch {
	case err == nil && got != after, got != before && got != after, err != nil && got == after && !unknown && effect != fault.CrashAfter && effect != fault.Lost:
		t.Fatalf("%v: %v\n%s", injected, err, got)
	}
	crashed := effect == fault.Crash || effect == fault.CrashAfter
	if left := orphans(t, store); len(left) > 0 && !crashed && !unknown && !atDelete(injected) {
		t.Fatalf("%v: %v leaves %q", injected, err, left)
	}
}

func atDelete(injected []fault.Rule) bool {
	return len(injected) > 0 && injected[0].Op == fault.Delete
}

// faultless does the work without faults: a store from before, and the rows of before and after.
func faultless(t *testing.T, do func(*table.Table, Options) error, o Options) (store *mem.Store, before, after string) {
	store = mem.New()
	tab := createIn(t, store, map[string]string{"delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true"})
	// rows enough for vectors that do not fit into the log
	add(t, tab, rowsFrom(0, 450)...)
	add(t, tab, rowsFrom(450, 450)...)
	before = strings.Join(all(t, tab), "\n")
	done := copyOf(t, store)
	if err := do(open(t, done), o); err != nil {
		t.Fatal(err)
	}
	return store, before, strings.Join(all(t, open(t, done)), "\n")
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
