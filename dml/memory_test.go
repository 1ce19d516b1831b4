package dml

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
)

// big appends n rows of one file, batch by batch.
func big(t *testing.T, tab *table.Table, n int64) {
	t.Helper()
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "val", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	_, err := tab.Append(t.Context(), func(yield func(arrow.RecordBatch, error) bool) {
		const step = 100_000
		for from := int64(0); from < n; from += step {
			b := array.NewRecordBuilder(memory.DefaultAllocator, s)
			for i := from; i < from+step; i++ {
				b.Field(0).(*array.Int64Builder).Append(i)
				b.Field(1).(*array.Int64Builder).Append(i * 7919 % 1_000_003)
			}
			if !yield(b.NewRecordBatch(), nil) {
				return
			}
		}
	}, table.AppendOptions{WriteOptions: table.WriteOptions{Parallelism: 1}})
	if err != nil {
		t.Fatal(err)
	}
}

// peak counts rows that are in the hands of a filter at a time: a scan that held a file would show it whole.
type peak struct {
	cond
	mu   sync.Mutex
	rows int64
}

func (p *peak) Eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	p.mu.Lock()
	p.rows = max(p.rows, rec.NumRows())
	p.mu.Unlock()
	return p.cond.Eval(ctx, rec)
}

func TestADeleteOfABigFileGoesBatchByBatch(t *testing.T) {
	const n = 300_000
	for _, o := range []Options{{}, {NoDeletionVectors: true}} {
		tab := createIn(t, mem.New(), vectors)
		big(t, tab, n)
		where := &peak{cond: modulo("id", 100, 3)}
		o.MemoryBudget = 1 << 20
		r, err := Delete(t.Context(), tab, where, o)
		must(t, "DELETE", r, err)
		if r.DeletedRows != n/100 {
			t.Fatalf("%d rows", r.DeletedRows)
		}
		if where.rows > table.DefaultBatchSize {
			t.Fatalf("%d rows at a time", where.rows)
		}
		if o.NoDeletionVectors && r.AddedFiles < 2 {
			t.Fatal("the budget of open files was not kept")
		}
	}
}

func TestAFilterThatFailsEndsTheChange(t *testing.T) {
	tab := create(t, vectors)
	add(t, tab, rowsFrom(0, 10)...)
	if _, err := Delete(t.Context(), tab, broken{modulo("id", 2, 1)}, plain()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if left := orphans(t, tab.Store()); len(left) > 0 {
		t.Fatal(left)
	}
}

type broken struct{ cond }

func (broken) Eval(context.Context, arrow.RecordBatch) (*array.Boolean, error) {
	return nil, io.ErrUnexpectedEOF
}
