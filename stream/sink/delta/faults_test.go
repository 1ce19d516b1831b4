package delta

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/streamtest"
	"github.com/ingestd/ingestd/table"
)

// source is what a run ingests: perPartition records in each of two partitions; every third is rejected.
const perPartition = 6

var sourcePartitions = []string{"t/0", "t/1"}

func isBad(offset int64) bool { return offset%3 == 2 }

func sourceRows() (good, bad []streamtest.Row) {
	for _, p := range sourcePartitions {
		for o := range int64(perPartition) {
			row := streamtest.Row{Partition: p, Offset: o, Value: fmt.Sprint(p, "@", o)}
			if isBad(o) {
				bad = append(bad, row)
			} else {
				good = append(good, row)
			}
		}
	}
	return good, bad
}

// life is one process: it goes on from what is in the sink, with batches of step records, until all is in
// or something fails.
func life(ctx context.Context, rows, letters objstore.Store, step int64) error {
	o := options(rows)
	o.Properties = map[string]string{"delta.checkpointInterval": "2"}
	s, d := New(o), NewDeadLetters(options(letters))
	defer s.Close()
	defer d.Close()
	if err := s.Open(ctx, streamtest.Schema); err != nil {
		return err
	}
	at, err := s.Positions(ctx, "q")
	if err != nil {
		return err
	}
	unmet := stream.Offsets{}
	for _, p := range sourcePartitions {
		if _, ok := at[p]; !ok {
			unmet[p], at[p] = 0, 0
		}
	}
	if err := s.Start(ctx, "q", unmet); err != nil {
		return err
	}
	for id := int64(0); ; id++ {
		reached := stream.Offsets{}
		for p, o := range at {
			if o < perPartition {
				reached[p] = min(o+step, perPartition)
			}
		}
		if len(reached) == 0 {
			return nil
		}
		c, err := batch(ctx, s, d, stream.BatchID{Query: "q", ID: id, From: at.Clone()}, reached)
		if err != nil {
			return err
		}
		if c.Due != nil {
			if err := c.Due(ctx); err != nil {
				return err
			}
		}
		for p, o := range reached {
			at[p] = o
		}
	}
}

func batch(ctx context.Context, s *Sink, d *DeadLetters, id stream.BatchID, reached stream.Offsets) (stream.Committed, error) {
	w, err := s.Begin(ctx, id)
	if err != nil {
		return stream.Committed{}, err
	}
	dw, err := d.Begin(ctx, id)
	if err != nil {
		return stream.Committed{}, errors.Join(err, w.Abort(ctx))
	}
	if err := writeBatch(ctx, w, dw, id.From, reached); err != nil {
		return stream.Committed{}, errors.Join(err, w.Abort(ctx), dw.Abort(ctx))
	}
	if err := dw.Commit(ctx, reached); err != nil {
		return stream.Committed{}, errors.Join(err, w.Abort(ctx))
	}
	return w.Commit(ctx, reached)
}

func writeBatch(ctx context.Context, w stream.Writer, dw stream.DeadLetterWriter, from, reached stream.Offsets) error {
	for _, p := range reached.Partitions() {
		var good []streamtest.Row
		var bad []stream.Rejected
		for o := from[p]; o < reached[p]; o++ {
			value := fmt.Sprint(p, "@", o)
			if isBad(o) {
				var n int32
				if _, err := fmt.Sscanf(p, "t/%d", &n); err != nil {
					return err
				}
				bad = append(bad, stream.Rejected{Record: stream.Record{Value: []byte(value), Topic: "t", Partition: n, Offset: o}, Reason: "bad"})
			} else {
				good = append(good, streamtest.Row{Partition: p, Offset: o, Value: value})
			}
		}
		if err := dw.Add(ctx, p, bad); err != nil {
			return err
		}
		if err := w.Write(ctx, streamtest.Batch(good...)); err != nil {
			return err
		}
	}
	return nil
}

// letterRows are the records in a table of dead letters.
func letterRows(t testing.TB, store objstore.Store) []streamtest.Row {
	t.Helper()
	var out []streamtest.Row
	tab := openTable(t, store)
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, letters(rec)...)
		rec.Release()
	}
	return out
}

func expectSet(t testing.TB, what string, got, want []streamtest.Row) {
	t.Helper()
	slices.SortFunc(got, streamtest.Row.Compare)
	slices.SortFunc(want, streamtest.Row.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("%s are %v, want %v", what, got, want)
	}
}

// TestEveryRowIsThereOnceWhateverCallFails makes each call to the store fail in each way, starts a new process after each
// failure as a supervisor would, and looks at the rows in the end.
func TestEveryRowIsThereOnceWhateverCallFails(t *testing.T) {
	counting := fault.Wrap(mem.New(), fault.Options{})
	if err := life(t.Context(), counting, mem.New(), 3); err != nil {
		t.Fatal(err)
	}
	countingLetters := fault.Wrap(mem.New(), fault.Options{})
	if err := life(t.Context(), mem.New(), countingLetters, 3); err != nil {
		t.Fatal(err)
	}
	effects := []fault.Rule{
		{Effect: fault.Fail}, {Effect: fault.Lost}, {Effect: fault.Phantom},
		{Effect: fault.Late, Arg: "6"}, {Effect: fault.Torn}, {Effect: fault.Crash}, {Effect: fault.CrashAfter},
	}
	for _, e := range effects {
		t.Run(e.String(), func(t *testing.T) {
			for n := 1; n <= counting.Calls()+5; n++ {
				survive(t, fault.Rule{Call: n, Effect: e.Effect, Arg: e.Arg}, true)
			}
			for n := 1; n <= countingLetters.Calls()+5; n++ {
				survive(t, fault.Rule{Call: n, Effect: e.Effect, Arg: e.Arg}, false)
			}
		})
	}
}

// survive runs lives until one ends well, with one fault in the store of the rows or in that of the dead letters.
func survive(t *testing.T, r fault.Rule, inRows bool) {
	t.Helper()
	rows, dead := mem.New(), mem.New()
	faulty := fault.Wrap(dead, fault.Options{Rules: []fault.Rule{r}})
	var a, b objstore.Store = rows, faulty
	if inRows {
		faulty = fault.Wrap(rows, fault.Options{Rules: []fault.Rule{r}})
		a, b = faulty, dead
	}
	var err error
	for lives := int64(1); lives <= 6; lives++ {
		// Each life cuts its batches differently.
		if err = life(t.Context(), a, b, 1+lives*2%5); err == nil {
			break
		}
		faulty.Revive()
	}
	if err != nil {
		t.Errorf("%s: no life ends well: %v", r, err)
		return
	}
	good, bad := sourceRows()
	name := fmt.Sprintf("%s in rows %v:", r, inRows)
	expectSet(t, name+" rows", tableRows(t, rows), good)
	expectSet(t, name+" dead letters", letterRows(t, dead), bad)
}

// TestEveryRowIsThereOnceUnderManyFaults does the same with faults drawn at random, many in a run.
func TestEveryRowIsThereOnceUnderManyFaults(t *testing.T) {
	effects := []fault.Rule{{Effect: fault.Fail}, {Effect: fault.Lost}, {Effect: fault.Phantom}, {Effect: fault.Late, Arg: "2"}, {Effect: fault.Torn}, {Effect: fault.CrashAfter}}
	for seed := range uint64(30) {
		store, dead := mem.New(), mem.New()
		faulty := fault.Wrap(store, fault.Options{Random: &fault.Random{Seed: seed, Rate: 0.1, Effects: effects}})
		var err error
		for lives := 0; lives < 200; lives++ {
			if err = life(t.Context(), faulty, dead, 1+int64(lives)%3); err == nil {
				break
			}
			faulty.Revive()
		}
		if err != nil {
			t.Errorf("seed %d: no life ends well: %v", seed, err)
			continue
		}
		good, bad := sourceRows()
		expectSet(t, fmt.Sprint("seed ", seed, ": rows"), tableRows(t, store), good)
		expectSet(t, fmt.Sprint("seed ", seed, ": dead letters"), letterRows(t, dead), bad)
	}
}
