package predicate

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// stats is a file of 10 rows unless rows says otherwise.
type stats struct {
	rows    int64
	columns map[string]ColumnBounds
}

func (s stats) NumRecords() int64 { return s.rows }

func (s stats) Column(path []string) ColumnBounds {
	if c, ok := s.columns[strings.Join(path, ".")]; ok {
		return c
	}
	return Nothing()
}

func x(op Op, v Value) Expr { return Comparison{op, []string{"x"}, v} }

func TestFilesAreSkippedByBounds(t *testing.T) {
	ints := ColumnBounds{Min: Int(5), Max: Int(9)}
	floats := ColumnBounds{Min: Float(5), Max: Float(9)}
	long := strings.Repeat("m", 32)
	px := []string{"x"}
	tests := []struct {
		name string
		c    ColumnBounds
		e    Expr
		want bool
	}{
		{"below", ints, x(Lt, Int(5)), true},
		{"at the lower bound", ints, x(Le, Int(5)), false},
		{"above", ints, x(Gt, Int(9)), true},
		{"outside", ints, x(Eq, Int(10)), true},
		{"all rows equal", ColumnBounds{Min: Int(5), Max: Int(5)}, x(Ne, Int(5)), true},
		{"not below", ints, Not{x(Lt, Int(10))}, true},
		{"double negation", ints, Not{Not{x(Ge, Int(9))}}, false},
		{"decimal literal between integers", ints, x(Gt, dec(90, 1)), true},
		{"one arm of OR may hold", ints, Or{x(Gt, Int(9)), x(Eq, Int(7))}, false},
		{"no arm of OR holds", ints, Or{x(Gt, Int(9)), x(Lt, Int(5))}, true},
		{"unknown arm of AND", ints, And{Unknown{}, x(Gt, Int(9))}, true},
		{"unknown arm of OR", ints, Or{Unknown{}, x(Gt, Int(9))}, false},
		{"negated unknown", ints, Not{Unknown{}}, false},
		{"only a lower bound", ColumnBounds{Min: Int(5), NullCount: -1}, x(Lt, Int(5)), true},
		{"only a lower bound, above", ColumnBounds{Min: Int(5), NullCount: -1}, x(Gt, Int(500)), false},
		{"nothing known", Nothing(), x(Eq, Int(5)), false},
		{"literal of another type", ints, x(Eq, String("a")), false},

		{"IN outside", ints, NewIn(px, []Value{Int(1), Int(10)}, false), true},
		{"NOT IN with NULL is never true", Nothing(), Not{NewIn(px, nil, true)}, true},
		{"NOT IN all", ColumnBounds{Min: Int(5), Max: Int(5)}, Not{NewIn(px, []Value{Int(5)}, false)}, true},

		{"IS NULL without nulls", ints, IsNull{px}, true},
		{"IS NULL, count unknown", Nothing(), IsNull{px}, false},
		{"IS NOT NULL with nulls only", ColumnBounds{NullCount: 10}, IsNotNull("x"), true},
		{"comparison with nulls only", ColumnBounds{NullCount: 10}, x(Ne, Int(1)), true},
		{"<=> with nulls only", ColumnBounds{NullCount: 10}, x(NullSafeEq, Int(1)), true},
		{"NOT <=> with nulls only", ColumnBounds{NullCount: 10}, Not{x(NullSafeEq, Int(1))}, false},

		{"NaN is above", floats, x(Gt, Float(9)), false},
		{"NaN differs", ColumnBounds{Min: Float(5), Max: Float(5)}, x(Ne, Float(5)), false},
		{"NaN equals NaN", floats, x(Eq, Float(math.NaN())), false},
		{"NaN is not below", floats, x(Lt, Float(5)), true},
		{"NaN is in no range", floats, Between(px, Float(10), Float(20)), true},
		{"NaN excluded by another arm", floats, And{x(Lt, Float(100)), Not{x(Le, Float(9))}}, true},
		{"NaN as the maximum", ColumnBounds{Min: Float(1), Max: Float(math.NaN())}, x(Eq, Float(7)), false},

		{"milliseconds: the row may be later", ColumnBounds{Min: Timestamp(1000), Max: Timestamp(1000)}, x(Eq, Timestamp(1999)), false},
		{"milliseconds: but no later than that", ColumnBounds{Min: Timestamp(1000), Max: Timestamp(1000)}, x(Gt, Timestamp(1999)), true},
		{"the last instant", ColumnBounds{Min: Timestamp(math.MinInt64), Max: Timestamp(math.MaxInt64)}, x(Eq, Timestamp(0)), false},
		{"partition value is exact", PartitionValue(Timestamp(1000)), x(Eq, Timestamp(1999)), true},
		{"partition value NaN", PartitionValue(Float(math.NaN())), x(Gt, Float(9)), false},
		{"partition value double", PartitionValue(Float(1)), x(Gt, Float(9)), true},
		{"null partition", PartitionValue(Value{}), x(Eq, Int(1)), true},
		{"null partition IS NULL", PartitionValue(Value{}), IsNull{px}, false},
		{"partition IS NULL", PartitionValue(Int(1)), IsNull{px}, true},

		{"cut maximum goes on", ColumnBounds{Min: String("a"), Max: String(long)}, x(Eq, String(long+"z")), false},
		{"cut maximum is passed", ColumnBounds{Min: String("a"), Max: String(long)}, x(Eq, String("n")), true},
		{"short maximum is exact", ColumnBounds{Min: String("a"), Max: String("m")}, x(Eq, String("mz")), true},
		{"prefix below", ColumnBounds{Min: String("m"), Max: String("p")}, StartsWith{px, "l"}, true},
		{"prefix above", ColumnBounds{Min: String("m"), Max: String("p")}, StartsWith{px, "pp"}, true},
		{"prefix inside", ColumnBounds{Min: String("m"), Max: String("p")}, StartsWith{px, "n"}, false},
		{"prefix of the minimum", ColumnBounds{Min: String("mm"), Max: String("p")}, StartsWith{px, "m"}, false},
		{"prefix longer than a cut maximum", ColumnBounds{Min: String("a"), Max: String(long)}, StartsWith{px, long + "x"}, false},
		{"NOT LIKE where all match", ColumnBounds{Min: String("ma"), Max: String("mz")}, Not{StartsWith{px, "m"}}, true},

		{"FALSE", Nothing(), False, true},
		{"NULL", Nothing(), Not{Null}, true},
		{"TRUE", Nothing(), True, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stats{10, map[string]ColumnBounds{"x": tt.c}}
			if got := Skips(tt.e, s); got != tt.want {
				t.Errorf("Skips(%v) = %v, want %v", tt.e, got, tt.want)
			}
		})
	}
}

func TestNoPredicateSkipsNothing(t *testing.T) {
	if Skips(nil, stats{}) {
		t.Error("skipped")
	}
}

func TestFieldsOfStructsHaveBoundsOfTheirOwn(t *testing.T) {
	s := stats{10, map[string]ColumnBounds{"a.b": {Min: Int(1), Max: Int(2)}}}
	if !Skips(Comparison{Gt, []string{"a", "b"}, Int(2)}, s) {
		t.Error("a.b not skipped")
	}
	if Skips(Comparison{Gt, []string{"a.b"}, Int(2)}, stats{10, nil}) {
		t.Error("skipped a column without bounds")
	}
}

func TestColumnsListsTopLevelColumnsOnce(t *testing.T) {
	e := And{Or{x(Eq, Int(1)), IsNotNull("s", "f")}, NewIn([]string{"x"}, nil, false), StartsWith{[]string{"a"}, "p"}, Unknown{}}
	if got := strings.Join(Columns(e), ","); got != "a,s,x" {
		t.Errorf("got %s", got)
	}
}

func TestAdvisoryFilterSkipsFilesButKeepsRows(t *testing.T) {
	f := Advisory(x(Eq, Int(1)))
	if !Skips(f.Prune(), stats{1, map[string]ColumnBounds{"x": PartitionValue(Int(2))}}) {
		t.Error("not skipped")
	}
	rec := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 3)
	defer rec.Release()
	keep, err := f.Eval(context.Background(), rec)
	if err != nil {
		t.Fatal(err)
	}
	defer keep.Release()
	if keep.Len() != 3 || !keep.Value(0) || f.String() != `"x" = 1` || f.Columns() != nil {
		t.Errorf("got %v of %v", keep, f)
	}
}
