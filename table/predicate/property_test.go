package predicate

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// row maps columns to values; a column without one is null.
type row map[string]Value

// evaluate is the meaning of e on one row, written without any thought of bounds.
func evaluate(e Expr, r row) Literal {
	switch e := e.(type) {
	case And:
		least := True
		for _, a := range e {
			least = and(least, evaluate(a, r))
		}
		return least
	case Or:
		least := True
		for _, a := range e {
			least = and(least, not(evaluate(a, r)))
		}
		return not(least)
	case Not:
		return not(evaluate(e.Expr, r))
	case IsNull:
		return truth(r[e.Path[0]].IsNone())
	case Literal:
		return e
	case In:
		return evaluate(disjunction(e), r)
	case StartsWith:
		v := r[e.Path[0]]
		if v.IsNone() {
			return Null
		}
		return truth(strings.HasPrefix(v.s, e.Prefix))
	case Comparison:
		return evaluateComparison(e, r[e.Path[0]])
	}
	panic("no such expression")
}

func evaluateComparison(e Comparison, v Value) Literal {
	if v.IsNone() {
		if e.Op == NullSafeEq {
			return False
		}
		return Null
	}
	o, ok := Compare(v, e.Value)
	if !ok {
		panic("not comparable")
	}
	switch e.Op {
	case Eq, NullSafeEq:
		return truth(o == 0)
	case Ne:
		return truth(o != 0)
	case Lt:
		return truth(o < 0)
	case Le:
		return truth(o <= 0)
	case Gt:
		return truth(o > 0)
	case Ge:
		return truth(o >= 0)
	}
	panic("no such comparison")
}

func truth(b bool) Literal {
	if b {
		return True
	}
	return False
}

func not(l Literal) Literal { return [...]Literal{Null, True, False}[l] }

func and(a, b Literal) Literal {
	switch {
	case a == False || b == False:
		return False
	case a == Null || b == Null:
		return Null
	}
	return True
}

var kinds = map[string]*rapid.Generator[Value]{
	"i": rapid.Map(rapid.Int64Range(-3, 3), Int),
	"f": rapid.Map(rapid.SampledFrom([]float64{-1, math.Copysign(0, -1), 0, 0.5, 2, math.Inf(1), math.NaN()}), Float),
	"n": rapid.Custom(func(t *rapid.T) Value {
		return dec(rapid.Int64Range(-30, 30).Draw(t, "unscaled"), rapid.IntRange(0, 2).Draw(t, "scale"))
	}),
	"s": rapid.Map(rapid.SampledFrom([]string{"", "a", "ab", "b", long, long + "a", long + "z", "é", "\U0001F600"}), String),
	"d": rapid.Map(rapid.Int32Range(-2, 2), Date),
	"t": rapid.Map(rapid.Int64Range(-2500, 2500), Timestamp),
	"b": rapid.Map(rapid.Bool(), Bool),
}

var long = strings.Repeat("x", truncatedAfter)

// literals lists the columns whose literals a column may meet.
var literals = map[string]string{"i": "ifn", "f": "ifn", "n": "in", "s": "s", "d": "d", "t": "t", "b": "b"}

func expressions(depth int) *rapid.Generator[Expr] {
	return rapid.Custom(func(t *rapid.T) Expr {
		col := rapid.SampledFrom([]string{"i", "f", "n", "s", "d", "t", "b"}).Draw(t, "column")
		path := []string{col}
		value := func() Value {
			return kinds[string(rapid.SampledFrom([]byte(literals[col])).Draw(t, "kind"))].Draw(t, "literal")
		}
		choice := rapid.IntRange(0, 6).Draw(t, "node")
		if depth == 0 {
			choice %= 4
		}
		switch choice {
		case 0:
			return IsNull{path}
		case 1:
			var values []Value
			for range rapid.IntRange(0, 2).Draw(t, "n") {
				values = append(values, value())
			}
			return NewIn(path, values, rapid.Bool().Draw(t, "null"))
		case 2:
			if col == "s" {
				return StartsWith{path, rapid.SampledFrom([]string{"", "a", long, long + "a", "\U0001F600"}).Draw(t, "prefix")}
			}
			return rapid.SampledFrom([]Expr{Null, False, True}).Draw(t, "constant")
		case 3:
			return Comparison{rapid.SampledFrom([]Op{Eq, Ne, Lt, Le, Gt, Ge, NullSafeEq}).Draw(t, "op"), path, value()}
		case 4:
			return And(rapid.SliceOfN(expressions(depth-1), 0, 3).Draw(t, "and"))
		case 5:
			return Or(rapid.SliceOfN(expressions(depth-1), 0, 3).Draw(t, "or"))
		}
		return Not{expressions(depth-1).Draw(t, "not")}
	})
}

// bounds writes statistics of rows as the worst of writers would.
func bounds(t *rapid.T, col string, rows []row) ColumnBounds {
	b := ColumnBounds{}
	for _, r := range rows {
		v := r[col]
		if v.IsNone() {
			b.NullCount++
		} else if !v.isNaN() || rapid.Bool().Draw(t, "NaN counts") {
			if o, ok := Compare(v, b.Min); !ok || o < 0 {
				b.Min = v
			}
			if o, ok := Compare(v, b.Max); !ok || o > 0 {
				b.Max = v
			}
		}
	}
	if len(rows) == 1 && rapid.Bool().Draw(t, "partition") {
		return PartitionValue(rows[0][col])
	}
	switch col {
	case "t":
		b.Min, b.Max = millis(b.Min), millis(b.Max)
	case "s":
		b.Min, b.Max = cut(b.Min), cut(b.Max)
	}
	if rapid.Bool().Draw(t, "no min") {
		b.Min = Value{}
	}
	if rapid.Bool().Draw(t, "no max") {
		b.Max = Value{}
	}
	if rapid.Bool().Draw(t, "no count") {
		b.NullCount = -1
	}
	return b
}

func millis(v Value) Value {
	v.i -= v.i % 1000 // toward zero, which for times before 1970 is the wrong way
	return v
}

func cut(v Value) Value {
	if r := []rune(v.s); len(r) > truncatedAfter {
		v.s = string(r[:truncatedAfter])
	}
	return v
}

func TestNoRowOfASkippedFileMakesThePredicateTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]row, rapid.IntRange(1, 4).Draw(t, "rows"))
		s := stats{rapid.SampledFrom([]int64{-1, int64(len(rows))}).Draw(t, "numRecords"), map[string]ColumnBounds{}}
		for _, col := range slices.Sorted(maps.Keys(kinds)) {
			values := kinds[col]
			for i := range rows {
				if rows[i] == nil {
					rows[i] = row{}
				}
				if rapid.IntRange(0, 3).Draw(t, "null") > 0 {
					rows[i][col] = values.Draw(t, col)
				}
			}
			s.columns[col] = bounds(t, col, rows)
		}
		e := expressions(3).Draw(t, "predicate")
		possible := e.outcomes(&file{Bounds: s})
		for _, r := range rows {
			got := evaluate(e, r)
			if is := [...]outcome{canNull, canFalse, canTrue}[got]; possible&is == 0 {
				t.Fatalf("%v is %v on %v, which its bounds %v rule out", e, got, r, s)
			}
		}
	})
}
