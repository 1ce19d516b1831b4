package prune

import (
	"context"
	"math/rand"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/predicate"
)

var types = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 10, Scale: 2}, arrow.PrimitiveTypes.Date32,
	&arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, arrow.BinaryTypes.String, arrow.BinaryTypes.Binary,
}

// file is one with the values of one column.
type file struct{ column predicate.ColumnBounds }

func (f file) NumRecords() int64                      { return -1 }
func (f file) Column([]string) predicate.ColumnBounds { return f.column }

// bounds are those of an array's values, exactly; ok is false where they cannot be told.
func bounds(a arrow.Array) (b predicate.ColumnBounds, ok bool) {
	values, ok := appendValues(nil, a)
	b.NullCount = int64(a.NullN())
	for i, v := range values {
		if order, _ := predicate.Compare(v, b.Min); i == 0 || order < 0 {
			b.Min = v
		}
		if order, _ := predicate.Compare(v, b.Max); i == 0 || order > 0 {
			b.Max = v
		}
	}
	return b, ok
}

func keys(t interface {
	Fatal(...any)
	Context() context.Context
}, a arrow.Array, nullSafe bool,
) *match.Keys {
	rec := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "k", Type: a.DataType(), Nullable: true}}, nil), []arrow.Array{a}, int64(a.Len()))
	defer rec.Release()
	k, err := match.NewKeys(t.Context(), rec, []bool{nullSafe})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A file of which a row has one of the keys is never skipped.
func TestFilesWithAKeyAreNotSkipped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		dt, nullSafe := types[r.Intn(len(types))], r.Intn(2) == 0
		var chunks []*match.Keys
		for range r.Intn(3) {
			a := arrowtest.Array(r, dt, true, r.Intn(20))
			k := keys(t, a, nullSafe)
			a.Release()
			defer k.Release()
			chunks = append(chunks, k)
		}
		index := match.NewIndex(chunks)
		rows := arrowtest.Array(r, dt, true, 1+r.Intn(5))
		defer rows.Release()
		b, ok := bounds(rows)
		if !ok {
			b = predicate.Nothing()
		}
		has := false
		k := keys(t, rows, nullSafe)
		defer k.Release()
		for i, h := range k.Hash(nil) {
			has = has || index.First(h, k, i) >= 0
		}
		e := Among([]string{"k"}, chunks, 0, nullSafe)
		if skips := predicate.Skips(e, file{b}); has && skips {
			t.Fatalf("a file of %v is skipped by %v", rows, e)
		}
		if len(chunks) == 0 && !predicate.Skips(e, file{b}) && ok {
			t.Fatal("a file is read for no keys")
		}
	})
}

func numbers(first, n, step int64) arrow.Array {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	for i := range n {
		b.Append(first + i*step)
	}
	return b.NewArray()
}

func TestFilesWithoutAKeyAreSkipped(t *testing.T) {
	for _, n := range []int64{10, mostKeys + 7} { // each key, and ranges of them
		a := numbers(1_000_000, n, 3)
		k := keys(t, a, false)
		a.Release()
		e := Among([]string{"k"}, []*match.Keys{k}, 0, false)
		last := 1_000_000 + 3*(n-1)
		for _, c := range []struct {
			min, max int64
			skip     bool
		}{
			{0, 999_999, true}, {0, 1_000_000, false}, {last, last, false}, {last, last + 5, false}, {last + 1, last + 9, true},
			{1_000_001, 1_000_002, n == 10}, {1_000_002, 1_000_003, false},
		} {
			f := file{predicate.ColumnBounds{Min: predicate.Int(c.min), Max: predicate.Int(c.max)}}
			if got := predicate.Skips(e, f); got != c.skip {
				t.Fatalf("%d keys, values from %d to %d: skipped %t", n, c.min, c.max, got)
			}
		}
		k.Release()
	}
}

func TestNullsAreKeysWhereTheyAreSafe(t *testing.T) {
	a := array.MakeArrayOfNull(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, 2)
	defer a.Release()
	k := keys(t, a, true)
	defer k.Release()
	nulls := file{predicate.ColumnBounds{Min: predicate.Int(1), Max: predicate.Int(2), NullCount: 1}}
	none := file{predicate.ColumnBounds{Min: predicate.Int(1), Max: predicate.Int(2), NullCount: 0}}
	if e := Among([]string{"k"}, []*match.Keys{k}, 0, true); predicate.Skips(e, nulls) || !predicate.Skips(e, none) {
		t.Fatal(e)
	}
	if e := Among([]string{"k"}, []*match.Keys{k}, 0, false); !predicate.Skips(e, nulls) {
		t.Fatal(e)
	}
}
