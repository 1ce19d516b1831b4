package predicate

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// disjunction is what IN means.
func disjunction(e In) Or {
	var any Or
	for _, v := range e.values {
		any = append(any, Comparison{Eq, e.path, v})
	}
	if e.null {
		any = append(any, Null)
	}
	return any
}

// anyValue draws from all kinds, and values at the edges of what compares.
var anyValue = rapid.OneOf(
	rapid.OneOf(slices.Collect(maps.Values(kinds))...),
	rapid.Map(rapid.Int64Range(-2500, 2500), TimestampNTZ),
	rapid.Map(rapid.SampledFrom([]string{"", "a", long, long + "\xff"}), func(s string) Value { return Binary([]byte(s)) }),
	rapid.SampledFrom([]Value{{}, Int(math.MaxInt64), Int(math.MinInt64), Int(1<<53 + 1), Float(1 << 53), Float(0.1),
		Timestamp(math.MaxInt64), Timestamp(math.MinInt64), TimestampNTZ(math.MaxInt64), Date(math.MaxInt32), String(long + "\U0010ffff"),
		Decimal(new(big.Int).Lsh(big.NewInt(1), 60), 3), Decimal(big.NewInt(1), 30), Decimal(big.NewInt(-1), 1)}),
)

// TestInIsTheDisjunctionOfItsValues wants the same of the sorted form as of one comparison after another, whatever the bounds are:
// of another kind, without one side, the wrong way round.
func TestInIsTheDisjunctionOfItsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := []string{"c"}
		kind := anyValue
		if rapid.Bool().Draw(t, "one kind") {
			kind = kinds[rapid.SampledFrom(slices.Sorted(maps.Keys(kinds))).Draw(t, "kind")]
		}
		values := rapid.SliceOfN(kind, 0, 6).Draw(t, "values")
		in := NewIn(path, slices.Clone(values), rapid.Bool().Draw(t, "null"))
		plain := In{path: path, values: values, null: in.null}
		b := ColumnBounds{Min: kind.Draw(t, "min"), Max: kind.Draw(t, "max"), NullCount: rapid.Int64Range(-1, 3).Draw(t, "nulls")}
		if rapid.Bool().Draw(t, "one value") {
			b.Max = b.Min
		}
		if b.Exact = rapid.IntRange(0, 3).Draw(t, "exact") == 0; b.Exact {
			b.Max = b.Min
		}
		f := &file{Bounds: stats{rapid.Int64Range(-1, 3).Draw(t, "rows"), map[string]ColumnBounds{"c": b}}}
		if rapid.Bool().Draw(t, "not NaN") {
			f.notNaN = [][]string{path}
		}
		if got, want := in.outcomes(f), disjunction(plain).outcomes(f); got != want {
			t.Fatalf("%v is %03b of %v, want %03b", plain, got, b, want)
		}
	})
}

func TestAnInTakesItsValuesOver(t *testing.T) {
	in := NewIn([]string{"a"}, []Value{Int(3), Int(1), Int(3), Float(2)}, false)
	if got := fmt.Sprint(in.Values()); got != "[1 3 2e+00]" || in.null || in.Path()[0] != "a" {
		t.Errorf("got %s", got)
	}
	values := make([]Value, 1000)
	for i := range values {
		values[i] = String(fmt.Sprint("key ", i))
	}
	in = NewIn([]string{"a"}, values, false)
	f := &file{Bounds: stats{10, map[string]ColumnBounds{"a": {Min: String("key 5"), Max: String("key 6")}}}}
	if n := testing.AllocsPerRun(10, func() { in.outcomes(f) }); n > 1 {
		t.Errorf("a file takes %v allocations", n)
	}
}

func BenchmarkIn(b *testing.B) {
	values := make([]Value, 100_000)
	for i := range values {
		values[i] = String(fmt.Sprintf("user-%09d", i*10))
	}
	in := NewIn([]string{"a"}, values, false)
	bounds := stats{1000, map[string]ColumnBounds{"a": {Min: String("user-000500001"), Max: String("user-000500009")}}}
	for b.Loop() {
		if !Skips(in, bounds) {
			b.Fatal("the file is read")
		}
	}
}
