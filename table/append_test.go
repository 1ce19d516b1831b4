package table

import (
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog"
)

func TestAppendIsOneCommit(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	c, err := tab.Append(t.Context(), Batches(numbers(0, 10, 2), numbers(10, 20, 2)), AppendOptions{})
	if err != nil || c.Version != 1 || c.Rows != 20 || c.Files != 1 || tab.Version() != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	var entries []HistoryEntry
	for e, err := range tab.History(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if len(entries) != 2 || entries[0].Version != 1 || entries[1].Operation != "CREATE TABLE" {
		t.Fatalf("%+v", entries)
	}
	e := entries[0]
	if e.Operation != "WRITE" || e.OperationParameters["mode"] != "Append" || e.OperationParameters["partitionBy"] != "[]" {
		t.Errorf("%+v", e)
	}
	if e.OperationMetrics["numFiles"] != "1" || e.OperationMetrics["numOutputRows"] != "20" || e.OperationMetrics["numOutputBytes"] != fmt.Sprint(c.Bytes) {
		t.Errorf("%+v", e.OperationMetrics)
	}
	if e.IsBlindAppend == nil || !*e.IsBlindAppend || e.ReadVersion == nil || *e.ReadVersion != 0 {
		t.Errorf("%+v", e)
	}
}

func TestAnErrorOfTheInputCommitsNothing(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	broken := errors.New("broken")
	var in iter.Seq2[arrow.RecordBatch, error] = func(yield func(arrow.RecordBatch, error) bool) {
		_ = yield(numbers(0, 10, 1), nil) && yield(nil, broken)
	}
	if _, err := tab.Append(t.Context(), in, AppendOptions{}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if n := len(dataFiles(t, tab)); n != 0 || reopen(t, tab).Version() != 0 {
		t.Errorf("%d files", n)
	}
}

func TestTxnsAreWrittenAndDemanded(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	try := func(from TxnRequirement, to int64) error {
		_, err := reopen(t, tab).Append(t.Context(), Batches(numbers(0, 1, 1)), AppendOptions{CommitOptions: CommitOptions{
			Txns: []Txn{{AppID: "app", Version: to}}, Require: []TxnRequirement{from},
		}})
		return err
	}
	for i, c := range []struct {
		from TxnRequirement
		to   int64
		ok   bool
	}{
		{TxnRequirement{AppID: "app", Version: 0}, 1, false},
		{TxnRequirement{AppID: "app", Absent: true}, 5, true},
		{TxnRequirement{AppID: "app", Absent: true}, 6, false},
		{TxnRequirement{AppID: "app", Version: 4}, 6, false},
		{TxnRequirement{AppID: "app", Version: 5}, 9, true},
		{TxnRequirement{AppID: "app", Version: 5}, 9, false},
		{TxnRequirement{AppID: "other", Version: 5}, 9, false},
	} {
		err := try(c.from, c.to)
		var conflict *txlog.ConflictError
		if (err == nil) != c.ok || !c.ok && (!errors.As(err, &conflict) || conflict.Kind != txlog.ConcurrentTransaction || !errors.Is(err, txlog.ErrProvablyRejected)) {
			t.Errorf("%d: %v", i, err)
		}
	}
	fresh := reopen(t, tab)
	if v, ok := fresh.Snapshot().Txn("app"); !ok || v != 9 {
		t.Errorf("txn is %d, %v", v, ok)
	}
	if n := len(dataFiles(t, tab)); n != 2 || countRows(t, fresh) != 2 {
		t.Errorf("%d files: those of rejected commits are left", n)
	}
}

func TestWritersThatOnlyAppendDoNotDisturbEachOther(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT", "p")
	var wg sync.WaitGroup
	for i := range int64(6) {
		own := reopen(t, tab)
		if i%2 == 0 {
			own = tab
		}
		wg.Go(func() {
			for k := range int64(5) {
				lo := (i*5 + k) * 10
				if _, err := own.Append(t.Context(), Batches(numbers(lo, lo+10, 2)), AppendOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	fresh := reopen(t, tab)
	if n := countRows(t, fresh); n != 300 || fresh.Version() != 30 {
		t.Errorf("%d rows in version %d", n, fresh.Version())
	}
}

func TestAnOldVersionCannotBeWritten(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	old, err := tab.At(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var pinned *PinnedError
	if _, err := old.Append(t.Context(), Batches(numbers(0, 1, 1)), AppendOptions{}); !errors.As(err, &pinned) {
		t.Errorf("%v", err)
	}
}

func TestAWarmAppendReadsNothing(t *testing.T) {
	store := fault.Wrap(mem.New(), fault.Options{})
	tab := createIn(t, store, CreateOptions{Schema: ddl(t, "id BIGINT, p BIGINT")})
	for i := range 30 { // past a checkpoint
		before := map[fault.Op]int{fault.Get: store.Count(fault.Get), fault.Put: store.Count(fault.Put), fault.List: store.Count(fault.List), fault.Head: store.Count(fault.Head)}
		c, err := tab.Append(t.Context(), Batches(numbers(0, 10, 1)), AppendOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for op, n := range map[fault.Op]int{fault.Get: 0, fault.Put: 2, fault.List: 0, fault.Head: 0} {
			if got := store.Count(op) - before[op]; got != n {
				t.Fatalf("append %d made %d calls of %s, want %d", i, got, op, n)
			}
		}
		for _, h := range c.Due {
			if err := h.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestALongBatchIsWrittenInPieces(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	c, err := tab.Append(t.Context(), Batches(numbers(0, 5*sliceRows+1, 1)), AppendOptions{WriteOptions: WriteOptions{Parallelism: 2, RowsPerSlot: 1}})
	if err != nil || c.Files != 2 || c.Rows != 5*sliceRows+1 {
		t.Errorf("%+v, %v", c, err)
	}
	if n := countRows(t, tab); n != 5*sliceRows+1 {
		t.Errorf("%d rows", n)
	}
}
