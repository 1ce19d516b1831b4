package predicate

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// column is what can be in a column of a file, with all allowances for how statistics are written.
type column struct {
	canNull, canValue bool
	min, max          Value // none: unbounded
	prefix            bool  // max may have been cut: values may begin with it and go on
	nan               bool  // there may be NaN, above max
}

// truncatedAfter is the shortest string that a writer may have cut: Spark and delta-rs keep 32 characters.
const truncatedAfter = 32

func (f *file) column(path []string) column {
	b := f.Column(path)
	if b.Exact {
		return column{canNull: b.Min.IsNone(), canValue: !b.Min.IsNone(), min: b.Min, max: b.Min}
	}
	n := f.NumRecords()
	c := column{
		canNull:  b.NullCount != 0,
		canValue: n < 0 || b.NullCount < 0 || b.NullCount < n,
		min:      b.Min, max: b.Max,
	}
	switch {
	case b.Min.kind == FloatKind || b.Max.kind == FloatKind:
		// Parquet's own statistics leave NaN out, and so do writers that take theirs from there.
		c.nan = !slices.ContainsFunc(f.notNaN, func(p []string) bool { return slices.Equal(p, path) })
		if c.min.isNaN() {
			c.min = Value{}
		}
		if c.max.isNaN() {
			c.max = Value{}
		}
	case b.Max.kind == StringKind:
		c.prefix = utf8.RuneCountInString(b.Max.s) >= truncatedAfter
	case b.Max.kind == BinaryKind:
		c.prefix = len(b.Max.s) >= truncatedAfter
	}
	c.min, c.max = widen(c.min, -999), widen(c.max, 999)
	return c
}

// widen allows for timestamps that the log has only to the millisecond.
func widen(v Value, micros int64) Value {
	if v.kind == TimestampKind || v.kind == TimestampNTZKind {
		if sum := v.i + micros; (sum > v.i) == (micros > 0) {
			v.i = sum
		} else {
			v.i = int64(math.MaxInt64)
			if micros < 0 {
				v.i = math.MinInt64
			}
		}
	}
	return v
}

// compare gives what a comparison with v can be for the values of c that are not null.
func (c column) compare(op Op, v Value) outcome {
	below, above, equal := c.canBeBelow(v), c.canBeAbove(v), c.canEqual(v)
	switch op {
	case Eq, NullSafeEq:
		return when(equal, canTrue) | when(below || above, canFalse)
	case Ne:
		return when(below || above, canTrue) | when(equal, canFalse)
	case Lt:
		return when(below, canTrue) | when(equal || above, canFalse)
	case Le:
		return when(below || equal, canTrue) | when(above, canFalse)
	case Gt:
		return when(above, canTrue) | when(equal || below, canFalse)
	case Ge:
		return when(above || equal, canTrue) | when(below, canFalse)
	}
	return canTrue | canFalse
}

func (c column) canBeBelow(v Value) bool {
	o, ok := Compare(c.min, v)
	return !ok || o < 0
}

func (c column) canBeAbove(v Value) bool {
	o, ok := Compare(c.max, v)
	return !ok || o > 0 || c.nan && !v.isNaN() || c.mayGoOn(v)
}

func (c column) canEqual(v Value) bool {
	if v.isNaN() && c.nan {
		return true
	}
	lo, okLo := Compare(c.min, v)
	hi, okHi := Compare(c.max, v)
	if okHi && hi < 0 && c.mayGoOn(v) {
		hi = 0
	}
	return (!okLo || lo <= 0) && (!okHi || hi >= 0)
}

// mayGoOn tells that v begins with a max that may have been cut.
func (c column) mayGoOn(v Value) bool {
	return c.prefix && v.kind == c.max.kind && strings.HasPrefix(v.s, c.max.s)
}
