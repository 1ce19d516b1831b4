package predicate

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// In is path IN (values), perhaps with NULL among them. It is made by [NewIn].
type In struct {
	path   []string
	values []Value
	runs   [][]Value // of values: those that have one order, and that other values all compare with or do not
	null   bool
}

// NewIn is path IN (values), with NULL among them where null is set. It takes the slice over, sorts it and drops what is in it
// twice. A file costs a few comparisons however many the values are, so that keys by the million can be looked for.
func NewIn(path []string, values []Value, null bool) In {
	slices.SortFunc(values, orderInRuns)
	values = slices.CompactFunc(values, func(a, b Value) bool { return orderInRuns(a, b) == 0 })
	e := In{path: path, values: values, null: null}
	for from, i := 0, 1; i <= len(values); i++ {
		if i == len(values) || values[i].run() != values[from].run() {
			e.runs = append(e.runs, values[from:i])
			from = i
		}
	}
	return e
}

func orderInRuns(a, b Value) int {
	if a.kind != b.kind || a.kind == DecimalKind {
		if o := cmp.Compare(a.run(), b.run()); o != 0 {
			return o
		}
	}
	o, _ := compareSame(a, b)
	return o
}

// run tells values apart that may not compare with the same others: by their kinds, and decimals by whether
// they compare with doubles.
func (v Value) run() int {
	if v.kind == DecimalKind {
		if _, ok := v.asFloat(); !ok {
			return -1
		}
	}
	return int(v.kind)
}

// Path is the column.
func (e In) Path() []string { return e.path }

// Values are those that are not NULL, sorted within their kinds. They must not be changed.
func (e In) Values() []Value { return e.values }

// String is the expression as SQL text.
func (e In) String() string {
	var parts []string
	for _, v := range e.values {
		parts = append(parts, v.String())
	}
	if e.null {
		parts = append(parts, "NULL")
	}
	return pathString(e.path) + " IN (" + strings.Join(parts, ", ") + ")"
}

// outcomes is that of the disjunction of path = value over all values.
func (e In) outcomes(f *file) outcome {
	some, all := when(e.null, canNull), when(!e.null, canFalse)
	if len(e.values) == 0 {
		return some | all
	}
	c := f.column(e.path)
	for _, run := range e.runs {
		if run[0].IsNone() {
			some |= canTrue | canNull
			continue
		}
		some |= when(c.canNull, canNull) | when(c.canValue && c.canEqualOne(run), canTrue)
		if !c.canValue || c.isOne(run) {
			all = 0
		}
	}
	return some | all
}

// canEqualOne tells whether one of the values of a run can be in c. The least that is not below min is the one that is most likely to be, but
// for NaN, the last, which may lie above max.
func (c column) canEqualOne(run []Value) bool {
	i := sort.Search(len(run), func(i int) bool {
		o, ok := Compare(c.min, run[i])
		return !ok || o <= 0
	})
	return i < len(run) && c.canEqual(run[i]) || c.canEqual(run[len(run)-1])
}

// isOne tells whether all that is in c is one of the values of a run, the same for all rows. Then it is the greatest that is not above min.
func (c column) isOne(run []Value) bool {
	i := sort.Search(len(run), func(i int) bool {
		o, ok := Compare(c.min, run[i])
		return !ok || o < 0
	})
	return i > 0 && !c.canBeBelow(run[i-1]) && !c.canBeAbove(run[i-1])
}
