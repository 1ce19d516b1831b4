package predicate

import (
	"math"
	"math/big"
	"testing"
)

func dec(unscaled int64, scale int) Value { return Decimal(big.NewInt(unscaled), scale) }

func TestCompareOrdersValuesOfEqualAndMixedTypes(t *testing.T) {
	nan := Float(math.NaN())
	tests := []struct {
		a, b Value
		want int
	}{
		{Int(1), Int(2), -1},
		{Bool(false), Bool(true), -1},
		{String("a"), String("é"), -1},
		{String("z"), String("é"), -1}, // by bytes, not by collation
		{Binary([]byte{0xff}), Binary([]byte{0}), 1},
		{nan, nan, 0},
		{nan, Float(math.Inf(1)), 1},
		{Int(math.MaxInt64), nan, -1},
		{Float(math.Copysign(0, -1)), Float(0), 0},
		{Int(1<<53 + 1), Float(1 << 53), 0}, // compared as doubles, where they are equal
		{Int(1), dec(100, 2), 0},
		{dec(1005, 3), dec(10050, 4), 0},
		{dec(-1, 1), dec(1, 38), -1},
		{dec(11, 1), Float(1.1), 0},
		{Date(1), TimestampNTZ(86_400_000_000), 0},
		{TimestampNTZ(86_399_999_999), Date(1), -1},
		{TimestampNTZ(-1), Date(-1), 1},
		{TimestampNTZ(math.MaxInt64), Date(math.MaxInt32), -1},
		{TimestampNTZ(math.MinInt64), Date(math.MinInt32), 1},
		{Timestamp(-1), Timestamp(0), -1},
	}
	for _, tt := range tests {
		if got, ok := Compare(tt.a, tt.b); !ok || got != tt.want {
			t.Errorf("Compare(%v, %v) = %d, %v; want %d", tt.a, tt.b, got, ok, tt.want)
		}
		if got, ok := Compare(tt.b, tt.a); !ok || got != -tt.want {
			t.Errorf("Compare(%v, %v) = %d, %v; want %d", tt.b, tt.a, got, ok, -tt.want)
		}
	}
}

func TestCompareRefusesWhatAnEngineMayConvertInItsOwnWay(t *testing.T) {
	huge := Decimal(new(big.Int).Lsh(big.NewInt(1), 100), 3)
	for _, pair := range [][2]Value{
		{String("1"), Int(1)}, {String("2024-01-01"), Date(0)}, {Date(0), Timestamp(0)},
		{TimestampNTZ(0), Timestamp(0)}, {Bool(true), Int(1)}, {String("a"), Binary([]byte("a"))},
		{huge, Float(1)}, {Value{}, Int(1)}, {Value{}, {}},
	} {
		if _, ok := Compare(pair[0], pair[1]); ok {
			t.Errorf("Compare(%v, %v) is certain", pair[0], pair[1])
		}
	}
}

func TestExpressionsPrintAsSQL(t *testing.T) {
	a := []string{"a"}
	tests := map[string]Expr{
		`("a" >= 1 AND "a" <= 2)`:                   Between(a, Int(1), Int(2)),
		`"s"."f" IS NOT NULL`:                       IsNotNull("s", "f"),
		`("q""x" IS NULL OR TRUE)`:                  Or{IsNull{[]string{`q"x`}}, True},
		`"a" IN ('it''s', NULL)`:                    NewIn(a, []Value{String("it's")}, true),
		`"a" LIKE 'x%'`:                             StartsWith{a, "x"},
		`NOT "a" <=> DATE '1970-01-02'`:             Not{Comparison{NullSafeEq, a, Date(1)}},
		`"a" = -0.05`:                               Comparison{Eq, a, dec(-5, 2)},
		`"a" < TIMESTAMP '1970-01-01 00:00:00 UTC'`: Comparison{Lt, a, Timestamp(0)},
		`"a" <> X'00FF'`:                            Comparison{Ne, a, Binary([]byte{0, 255})},
		`TRUE`:                                      And{},
		`FALSE`:                                     Or{},
		`UNKNOWN`:                                   Unknown{},
		`NULL`:                                      Null,
	}
	for want, e := range tests {
		if got := e.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
