package delta

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
)

// faultyBatches are batches of changes of two tables, with records that are refused.
func faultyBatches() [][]ev {
	of := func(table string) []ev {
		return []ev{
			{table: table, offset: 0, op: changes.Create, id: 1, v: "a"}, {table: table, offset: 1, op: changes.Create, id: 2, v: "b"}, {table: table, offset: 2, bad: "bad"},
			{table: table, offset: 3, op: changes.Delete, id: 1}, {table: table, offset: 4, op: changes.Update, id: 2, v: "c"}, {table: table, offset: 5, bad: "bad"},
			{table: table, offset: 6, op: changes.Truncate}, {table: table, offset: 7, op: changes.Create, id: 3, v: "d"}, {table: table, offset: 8, op: changes.Create, id: 4, v: "e"},
		}
	}
	a, b := of("a"), of("b")
	return [][]ev{slices.Concat(a[:3], b[:3]), slices.Concat(a[3:6], b[3:6]), slices.Concat(a[6:], b[6:])}
}

// live does the batches from the first that is not done, as the engine does with a checkpoint, until all are done or the process dies.
func (l *lake) live(done *int, batches [][]ev) error {
	s := l.sink("lake/{table}", l.options)
	l.letters = NewDeadLetters(options(l.dead))
	defer l.letters.Close()
	for tries := 0; *done < len(batches); tries++ {
		err := l.try(s, batches[*done])
		switch {
		case err == nil:
			*done++
			tries = 0
		case errors.Is(err, fault.ErrCrashed) || tries > 5:
			return err
		case !objstore.IsRetryable(err) && !errors.Is(err, objstore.ErrOutcomeUnknown) && !errors.Is(err, stream.ErrFenced):
			return err
		}
	}
	return nil
}

func (l *lake) try(s *CDC, events []ev) error {
	from, reached := ends(events)
	id := stream.BatchID{Query: "q", From: from}
	ctx := l.t.Context()
	w, err := s.Begin(ctx, id)
	if err != nil {
		return err
	}
	d, err := l.letters.Begin(ctx, id)
	if err != nil {
		return err
	}
	for _, e := range events {
		reason := e.bad
		if reason == "" {
			reason, err = s.Admit(ctx, e.batch())
		}
		switch {
		case err != nil:
		case strings.Contains(reason, fault.ErrCrashed.Error()):
			err = fault.ErrCrashed
		case reason != "":
			r := stream.Record{Topic: e.table, Offset: e.offset}
			err = d.Add(ctx, e.partition(), []stream.Rejected{r.Reject(reason)})
		default:
			err = w.Write(ctx, e.rows())
		}
		if err != nil {
			return errors.Join(err, w.Abort(ctx), d.Abort(ctx))
		}
	}
	if err := d.Commit(ctx, reached); err != nil {
		return errors.Join(err, w.Abort(ctx))
	}
	_, err = w.Commit(ctx, reached)
	return err
}

func TestEachTableIsWholeWhateverCallFails(t *testing.T) {
	wholeWhateverCallFails(t, changes.Options{}, 2, "lake/a", "lake/b", "lake/a"+tombstonesFolder, "dead")
}

func TestEachHistoryIsWholeWhateverCallFails(t *testing.T) {
	wholeWhateverCallFails(t, changes.Options{History: true}, 5, "lake/a", "lake/a"+tombstonesFolder)
}

// wholeWhateverCallFails makes each call to each store fail in each way; a new process goes on after each failure.
func wholeWhateverCallFails(t *testing.T, o changes.Options, rows int, places ...string) {
	put := func(l *lake, place string, s objstore.Store) {
		if place == "dead" {
			l.dead = s
		} else {
			l.stores[place] = s
		}
	}
	begin := func(place string, r ...fault.Rule) (*lake, *fault.Store, objstore.Store) {
		l, inner := newLake(t), mem.New()
		l.options = o
		faulty := fault.Wrap(inner, fault.Options{Rules: r})
		put(l, place, faulty)
		return l, faulty, inner
	}
	for _, place := range places {
		l, faulty, _ := begin(place)
		done := 0
		if err := l.live(&done, faultyBatches()); err != nil {
			t.Fatal(err)
		}
		calls := faulty.Calls()
		wantDead, _ := l.refused()
		wantA, wantB := l.rows("lake/a"), l.rows("lake/b")
		if len(wantA) != rows || len(wantDead) != 4 {
			t.Fatalf("without faults there are %q, and dead letters %q", wantA, wantDead)
		}
		for _, e := range []fault.Rule{{Effect: fault.Fail}, {Effect: fault.Lost}, {Effect: fault.Late, Arg: "6"}, {Effect: fault.CrashAfter}} {
			t.Run(fmt.Sprint(place, " ", e), func(t *testing.T) {
				for n := 1; n <= calls+3; n++ {
					l, faulty, inner := begin(place, fault.Rule{Call: n, Effect: e.Effect, Arg: e.Arg})
					l.t = t
					done := 0
					err := l.live(&done, faultyBatches())
					for lives := 0; err != nil && lives < 5; lives++ {
						faulty.Revive()
						err = l.live(&done, faultyBatches())
					}
					if err != nil {
						t.Fatalf("call %d: no life ends well: %v", n, err)
					}
					put(l, place, inner)
					l.expect("lake/a", wantA...)
					l.expect("lake/b", wantB...)
					if got, reasons := l.refused(); !slices.Equal(got, wantDead) {
						t.Errorf("call %d: dead letters %q, want %q: %q", n, got, wantDead, reasons)
					}
				}
			})
		}
	}
}
