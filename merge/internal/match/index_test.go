package match

import (
	"context"
	"errors"
	"math/rand"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"
)

func TestTheIndexIsAMapOfRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		types, nullSafe := randomTypes(r)
		want := map[string][]int{}
		var chunks []*Keys
		n := 0
		for range r.Intn(4) {
			rec := randomKeys(r, types)
			defer rec.Release()
			for i := range int(rec.NumRows()) {
				if key, ok := naiveRow(rec, i, nullSafe); ok {
					want[key] = append(want[key], n+i)
				}
			}
			n += int(rec.NumRows())
			chunks = append(chunks, keysOf(t, rec, nullSafe))
		}
		x := NewIndex(chunks)
		defer x.Release()
		if x.Len() != n {
			t.Fatalf("%d rows, not %d", x.Len(), n)
		}
		probe := randomKeys(r, types)
		defer probe.Release()
		k := keysOf(t, probe, nullSafe)
		defer k.Release()
		for i, h := range k.Hash(nil) {
			var got []int
			for row := x.First(h, k, i); row >= 0; row = x.Next(row) {
				got = append(got, row)
			}
			if key, _ := naiveRow(probe, i, nullSafe); !slices.Equal(got, want[key]) {
				t.Fatalf("%q is in rows %v, not %v", key, got, want[key])
			}
		}
	})
}

func TestAnEmptyIndexHasNoRows(t *testing.T) {
	rec := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)
	k := keysOf(t, rec, nil)
	defer k.Release()
	x := NewIndex(nil)
	if x.Len() != 0 || x.First(1, k, 0) >= 0 || x.First(0, k, 0) >= 0 {
		t.Fatal("rows in an empty index")
	}
	x.Release()
}

func TestEachGivesTheFirstErrorAndStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := Each(ctx, []int{1, 2, 3, 4, 5, 6}, 1, func(_ context.Context, i int) error {
		if n++; i == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n > 3 {
		t.Fatal(err, n)
	}
	if err := Each(t.Context(), []int{1}, 0, func(context.Context, int) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestBitsAreASet(t *testing.T) {
	b := NewBits(130)
	_ = Each(t.Context(), []int{0, 63, 64, 129}, 4, func(_ context.Context, i int) error { b.Set(i); b.Set(i); return nil })
	for i := range 130 {
		if b.Has(i) != slices.Contains([]int{0, 63, 64, 129}, i) {
			t.Fatal(i)
		}
	}
}
