package dml

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
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

func must(t tester, what string, r Result, err error) Result {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return r
}

func deletes(t tester, store objstore.Store, where cond) func() {
	return func() {
		r, err := Delete(t.Context(), open(t, store), where, plain())
		must(t, "the other DELETE", r, err)
	}
}

func TestTwoDeletesOfOneFileBothSucceed(t *testing.T) {
	store := mem.New()
	tab := createIn(t, store, vectors)
	rows := rowsFrom(0, 1000)
	add(t, tab, rows...)
	mine, theirs, third := modulo("id", 10, 1), modulo("id", 10, 2), modulo("id", 10, 3)
	r, err := Delete(t.Context(), overtake(t, store, deletes(t, store, theirs), deletes(t, store, third)), mine, plain())
	must(t, "DELETE", r, err)
	if r.Tries != 1 || r.Attempts != 3 {
		t.Fatalf("%d tries, %d attempts", r.Tries, r.Attempts)
	}
	want(t, tab, without(rows, mine, theirs, third)...)
	adds, removes, _, _ := last(t, tab)
	if len(adds) != 1 || adds[0].DeletionVector.Cardinality != 300 || removes[0].DeletionVector.Cardinality != 200 {
		t.Fatalf("%+v %+v", adds[0].DeletionVector, removes[0].DeletionVector)
	}
	vectorFiles(t, tab, 3)
}

// vectorFiles counts the files of deletion vectors: those of attempts that were in vain are gone.
func vectorFiles(t tester, tab *table.Table, want int) {
	t.Helper()
	n := 0
	for info, err := range tab.Store().List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(info.Key, "deletion_vector_") {
			n++
		}
	}
	if n > want {
		t.Fatalf("%d deletion vector files, not %d", n, want)
	}
}

func TestChangesOfTheSameRowConflict(t *testing.T) {
	store := mem.New()
	tab := createIn(t, store, vectors)
	rows := rowsFrom(0, 100)
	add(t, tab, rows...)
	o := plain()
	o.MaxTries = 1
	_, err := Delete(t.Context(), overtake(t, store, deletes(t, store, below("id", 20))), below("id", 10), o)
	var conflict *txlog.ConflictError
	if !errors.As(err, &conflict) || conflict.Kind != txlog.ConcurrentDeleteDelete {
		t.Fatal(err)
	}
	vectorFiles(t, tab, 1)
	// done again, there is nothing left to do
	r, err := Delete(t.Context(), overtake(t, store, deletes(t, store, below("id", 40))), below("id", 30), plain())
	must(t, "DELETE", r, err)
	if r.Tries != 2 || r.Attempts != 0 {
		t.Fatalf("%d tries, %d attempts", r.Tries, r.Attempts)
	}
	want(t, tab, rows[40:]...)
}

func TestAnUpdateFollowsAnUpdateOfOtherRows(t *testing.T) {
	store := mem.New()
	tab := createIn(t, store, vectors)
	rows := rowsFrom(0, 100)
	add(t, tab, rows...)
	other := func() {
		r, err := Update(t.Context(), open(t, store), engine{}, []Assignment{{"txt", "'theirs'"}}, modulo("id", 10, 2), plain())
		must(t, "the other UPDATE", r, err)
	}
	r, err := Update(t.Context(), overtake(t, store, other), engine{}, []Assignment{{"val", "val + 100"}}, modulo("id", 10, 1), plain())
	must(t, "UPDATE", r, err)
	if r.Tries != 1 {
		t.Fatalf("%d tries", r.Tries)
	}
	for i := range rows {
		switch rows[i].ID % 10 {
		case 1:
			rows[i].Val += 100
		case 2:
			rows[i].Txt = "theirs"
		}
	}
	want(t, tab, rows...)
}

func TestRowsThatAreAddedMeanwhileAreLookedAt(t *testing.T) {
	serializable := map[string]string{"delta.enableDeletionVectors": "true", "delta.isolationLevel": "Serializable"}
	for name, c := range map[string]struct {
		rows  []row
		tries int
	}{"and are not wanted": {rowsFrom(1000, 10), 1}, "and are wanted": {[]row{{ID: 50}}, 2}} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			tab := createIn(t, store, serializable)
			rows := rowsFrom(0, 100)
			add(t, tab, rows...)
			where := either(below("id", 60), below("id", 0)) // the log cannot tell
			r, err := Delete(t.Context(), overtake(t, store, func() { add(t, open(t, store), c.rows...) }), where, plain())
			must(t, "DELETE", r, err)
			if r.Tries != c.tries {
				t.Fatalf("%d tries, not %d", r.Tries, c.tries)
			}
			want(t, tab, without(append(rows, c.rows...), where)...)
		})
	}
}

// compact rewrites all files into one, as OPTIMIZE does.
func compact(ctx context.Context, tab *table.Table, permute bool) error {
	if err := tab.Refresh(ctx); err != nil {
		return err
	}
	c, err := tab.NewChange(ctx, table.ChangeOptions{KeepsData: true})
	if err != nil {
		return err
	}
	var pieces []func() error
	for add, err := range c.Snapshot().Files(ctx) {
		if err != nil {
			return errors.Join(err, c.Abort(ctx))
		}
		c.RemoveFile(add)
		for rows, err := range c.Rows(ctx, add, table.ScanOptions{RowTracking: true, Sequences: true, BatchSize: 7}) {
			if err != nil {
				return errors.Join(err, c.Abort(ctx))
			}
			pieces = append(pieces, func() error {
				defer rows.Release()
				return c.Move(ctx, rows, table.Origins{Files: oneFile(add), Positions: rows.Positions})
			})
		}
	}
	if permute {
		slices.Reverse(pieces)
	}
	for _, p := range pieces {
		err = errors.Join(err, p())
	}
	if err != nil {
		return errors.Join(err, c.Abort(ctx))
	}
	_, err = c.Commit(ctx, table.CommitOptions{Operation: "OPTIMIZE", Parameters: map[string]any{}, Metrics: map[string]string{}})
	return err
}

func TestADeleteFollowsRowsThatOptimizeHasMoved(t *testing.T) {
	store := mem.New()
	tab := createIn(t, store, vectors)
	rows := rowsFrom(0, 60)
	add(t, tab, rows[:20]...)
	add(t, tab, rows[20:40]...)
	add(t, tab, rows[40:]...)
	deletes(t, store, modulo("id", 10, 3))() // some rows are gone before
	other := func() {
		if err := compact(t.Context(), open(t, store), false); err != nil {
			t.Fatal(err)
		}
	}
	mine := modulo("id", 10, 5)
	r, err := Delete(t.Context(), overtake(t, store, other, deletes(t, store, modulo("id", 10, 6))), mine, plain())
	must(t, "DELETE", r, err)
	if r.Tries != 1 {
		t.Fatalf("%d tries", r.Tries)
	}
	want(t, tab, without(rows, mine, modulo("id", 10, 3), modulo("id", 10, 6))...)
	if adds, _, _, _ := last(t, tab); len(adds) != 1 || adds[0].DeletionVector.Cardinality != 12 {
		t.Fatalf("%+v", adds)
	}
}

func TestOptimizeTakesDeletesAlong(t *testing.T) {
	for _, permute := range []bool{false, true} {
		t.Run(fmt.Sprint(permute), func(t *testing.T) {
			store := mem.New()
			tab := createIn(t, store, vectors)
			rows := rowsFrom(0, 60)
			add(t, tab, rows[:30]...)
			add(t, tab, rows[30:]...)
			deletes(t, store, modulo("id", 10, 3))()
			mine := overtake(t, store, deletes(t, store, modulo("id", 10, 5)), deletes(t, store, below("id", 30)))
			if err := compact(t.Context(), mine, permute); err != nil {
				t.Fatal(err)
			}
			want(t, tab, without(rows, modulo("id", 10, 3), modulo("id", 10, 5), below("id", 30))...)
		})
	}
}

func TestTwoOptimizesConflict(t *testing.T) {
	store := mem.New()
	tab := createIn(t, store, vectors)
	add(t, tab, rowsFrom(0, 30)...)
	err := compact(t.Context(), overtake(t, store, func() {
		if err := compact(t.Context(), open(t, store), false); err != nil {
			t.Fatal(err)
		}
	}), false)
	var conflict *txlog.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	want(t, tab, rowsFrom(0, 30)...)
}

func TestChangesOfOtherFilesGoUnnoticed(t *testing.T) {
	for _, props := range []map[string]string{nil, vectors} {
		store := mem.New()
		tab := createIn(t, store, maps.Clone(props), "part")
		rows := rowsFrom(0, 90)
		add(t, tab, rows...)
		where := either(equals("part", "a"), modulo("id", 3, 0)) // part a, which the log cannot tell
		r, err := Delete(t.Context(), overtake(t, store, deletes(t, store, equals("part", "b"))), where, plain())
		must(t, "DELETE", r, err)
		if r.Tries != 1 {
			t.Fatalf("%d tries", r.Tries)
		}
		want(t, tab, without(rows, where, equals("part", "b"))...)
	}
}

// delta-rs decodes the paths of the log and encodes them in its own way.
func TestAWinnerThatSpellsTheFileOtherwiseIsNotOverlooked(t *testing.T) {
	for _, props := range []map[string]string{vectors, nil} {
		store := mem.New()
		tab := createIn(t, store, props)
		add(t, tab, rowsFrom(0, 30)...)
		adds, _, _, _ := last(t, tab)
		theirs := func() {
			tx := open(t, store).Snapshot().Begin(txlog.Operation{Name: "DELETE"})
			tx.ReadWhole()
			tx.Stage(&action.Remove{Path: "%70" + strings.TrimPrefix(adds[0].Path, "p"), DataChange: true, DeletionTimestamp: new(int64(1))})
			if _, err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Delete(t.Context(), overtake(t, store, theirs), modulo("id", 10, 1), plain())
		must(t, "DELETE", r, err)
		if want(t, tab); r.Tries != 2 {
			t.Fatalf("%d tries", r.Tries)
		}
	}
}

// Row ids are given to files that have none, and statistics computed anew, by adding the file once more.
func TestWhatAWinnerTellsOfAFileStays(t *testing.T) {
	for _, props := range []map[string]string{vectors, nil} {
		store := mem.New()
		tab := createIn(t, store, props)
		add(t, tab, rowsFrom(0, 30)...)
		adds, _, _, _ := last(t, tab)
		theirs := func() {
			tx := open(t, store).Snapshot().Begin(txlog.Operation{Name: "COMPUTE STATS"})
			again := *adds[0]
			again.DataChange, again.Tags = false, map[string]*string{"told": new("x")}
			tx.Stage(&again)
			if _, err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		mine := modulo("id", 10, 1)
		r, err := Delete(t.Context(), overtake(t, store, theirs), mine, plain())
		must(t, "DELETE", r, err)
		want(t, tab, without(rowsFrom(0, 30), mine)...)
		_, removes, _, _ := last(t, tab)
		if r.Tries != 1 || len(removes) != 1 || removes[0].Tags["told"] == nil {
			t.Fatalf("%d tries, %+v", r.Tries, removes)
		}
	}
}
