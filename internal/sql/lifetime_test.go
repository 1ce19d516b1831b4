package sql

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/predicate"
)

// poison is an allocator whose memory, once given back, reads otherwise.
type poison struct{ memory.GoAllocator }

func (p *poison) Free(b []byte) { clear(b) }

func (p *poison) Reallocate(size int, b []byte) []byte {
	grown := p.Allocate(size)
	copy(grown, b)
	return grown
}

// brief is a table whose batches are gone as soon as nobody holds them.
type brief struct{ batches, rows int }

func (brief) Version() int64 { return 0 }

func (brief) Schema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String},
		{Name: "l", Type: arrow.ListOf(arrow.BinaryTypes.String)}}, nil)
}

func (t brief) Scan(context.Context, []string, predicate.Filter) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for n := range t.batches {
			b := array.NewRecordBuilder(&poison{}, t.Schema())
			for row := range t.rows {
				i := n*t.rows + row
				b.Field(0).(*array.Int64Builder).Append(int64(i))
				b.Field(1).(*array.StringBuilder).Append(textOf(i))
				l := b.Field(2).(*array.ListBuilder)
				l.Append(true)
				l.ValueBuilder().(*array.StringBuilder).Append(textOf(i))
			}
			rec := b.NewRecordBatch()
			b.Release()
			if !yield(rec, nil) {
				return
			}
		}
	}
}

func textOf(i int) string { return fmt.Sprintf("a string that is not kept inline %09d", i) }

func TestStringsOfAStreamLiveAsLongAsDuckDBNeedsThem(t *testing.T) {
	table := brief{batches: 25, rows: 400}
	s := newSession(t, Options{Threads: 4, OpenTable: func(context.Context, TableRef) (TableSource, error) { return table, nil }})
	text := "'a string that is not kept inline ' || lpad(CAST(i AS VARCHAR), 9, '0')"
	all := table.batches * table.rows
	for query, want := range map[string]int{
		"SELECT count(*) AS n FROM delta('x') WHERE s = " + text + " AND l[1] = s":                                                        all,
		"SELECT count(*) AS n FROM (SELECT * FROM delta('x') ORDER BY s DESC) WHERE s = " + text:                                          all,
		"SELECT count(*) AS n FROM (SELECT first(i) AS i, s, max(l[1]) AS m FROM delta('x') GROUP BY s) WHERE s = " + text + " AND s = m": all,
		"SELECT count(*) AS n FROM delta('x') a JOIN delta('x') b ON a.s = b.s WHERE b.l[1] = a.s AND a.i = b.i":                          all,
		"SELECT count(*) AS n FROM (SELECT i, s, lead(s) OVER (ORDER BY i) AS next FROM delta('x')) WHERE next > s AND s = " + text:       all - 1,
		"SELECT count(*) AS n FROM (SELECT i, s FROM delta('x') UNION SELECT i, l[1] FROM delta('x')) WHERE s = " + text:                  all,
		"SELECT count(*) AS n FROM (SELECT i, unnest(l) AS s FROM delta('x') WHERE i % 3 = 0 OR i % 5 > 2) WHERE s <> " + text:            0,
	} {
		if got := rowsOf(t, s, query)[0]; got != fmt.Sprintf("n=%d;", want) {
			t.Errorf("%s: %s, want %d", query, got, want)
		}
	}
	for rec, err := range s.Query(context.Background(), "FROM delta('x')") {
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			if want := textOf(int(rec.Column(0).(*array.Int64).Value(i))); rec.Column(1).(*array.String).Value(i) != want {
				t.Fatalf("%s is %q", want, rec.Column(1).ValueStr(i))
			}
		}
		rec.Release()
	}
}
