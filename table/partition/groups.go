package partition

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/scalar"
)

// groups numbers the rows of a batch by their distinct combinations of partition values, in the
// order of first appearance.
type groups struct {
	n     int
	cols  []arrow.Array
	codes []int32 // the group of each row; nil while all rows are one group
	first []int32 // a row of each group
}

// add refines the groups by one more column.
func (g *groups) add(col arrow.Array) {
	codes, count := number(col)
	g.cols = append(g.cols, col)
	if count <= 1 {
		return
	}
	if g.codes == nil {
		g.codes = codes
		g.first = firsts(codes, count)
		return
	}
	pairs := make(map[[2]int32]int32, len(g.first)*2)
	last, lastCode := [2]int32{-1, -1}, int32(0)
	for i, c := range codes {
		pair := [2]int32{g.codes[i], c}
		if pair != last {
			code, ok := pairs[pair]
			if !ok {
				code = int32(len(pairs))
				pairs[pair] = code
			}
			last, lastCode = pair, code
		}
		g.codes[i] = lastCode
	}
	g.first = firsts(g.codes, len(pairs))
}

func firsts(codes []int32, count int) []int32 {
	first := make([]int32, 0, count)
	for i, c := range codes {
		if int(c) == len(first) {
			first = append(first, int32(i))
			if len(first) == count {
				break
			}
		}
	}
	return first
}

// value is the value of a column in a group.
func (g *groups) value(column, group int) any {
	row := 0
	if g.codes != nil {
		row = int(g.first[group])
	}
	return scalar.At(g.cols[column], row)
}

// layout gives where each group starts once the rows are put in the given order, and the end;
// a nil order says that they lie so already.
func (g *groups) layout() (starts []int, order []int32) {
	if g.codes == nil {
		return []int{0, g.n}, nil
	}
	starts = make([]int, len(g.first)+1)
	runs := 1
	starts[g.codes[0]+1]++
	for i := 1; i < len(g.codes); i++ {
		starts[g.codes[i]+1]++
		if g.codes[i] != g.codes[i-1] {
			runs++
		}
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	if runs == len(g.first) {
		return starts, nil
	}
	next := append([]int(nil), starts...)
	order = make([]int32, g.n)
	for i, c := range g.codes {
		order[next[c]] = int32(i)
		next[c]++
	}
	return starts, order
}

// number gives each row of a column the number of its value in order of first appearance, and how
// many there are. Null, the empty string and empty binary are one value.
func number(col arrow.Array) ([]int32, int) {
	switch a := col.(type) {
	case *array.Dictionary:
		return numberDictionary(a)
	case *array.String:
		return numberBy(a, func(i int) (string, bool) { s := a.Value(i); return s, s != "" })
	case *array.Binary:
		return numberBy(a, func(i int) (string, bool) { b := a.Value(i); return string(b), len(b) > 0 })
	case *array.Int64:
		return numberBy(a, func(i int) (int64, bool) { return a.Value(i), true })
	case *array.Int32:
		return numberBy(a, func(i int) (int32, bool) { return a.Value(i), true })
	case *array.Date32:
		return numberBy(a, func(i int) (arrow.Date32, bool) { return a.Value(i), true })
	case *array.Timestamp:
		return numberBy(a, func(i int) (arrow.Timestamp, bool) { return a.Value(i), true })
	case *array.Float32:
		return numberBy(a, func(i int) (uint64, bool) { return floatBits(float64(a.Value(i))), true })
	case *array.Float64:
		return numberBy(a, func(i int) (uint64, bool) { return floatBits(a.Value(i)), true })
	}
	return numberBy(col, func(i int) (any, bool) { return scalar.At(col, i), true })
}

// floatBits makes all NaNs one.
func floatBits(f float64) uint64 {
	if math.IsNaN(f) {
		f = math.NaN()
	}
	return math.Float64bits(f)
}

// numberBy numbers rows by a key; a key that is not ok counts as null.
func numberBy[K comparable](col arrow.Array, key func(i int) (K, bool)) ([]int32, int) {
	codes := make([]int32, col.Len())
	seen := make(map[K]int32)
	count, null := int32(0), int32(-1)
	var last K
	lastCode := int32(-1)
	for i := range codes {
		var k K
		ok := col.IsValid(i)
		if ok {
			k, ok = key(i)
		}
		switch {
		case !ok:
			if null < 0 {
				null, count = count, count+1
			}
			codes[i] = null
			continue
		case lastCode < 0 || k != last:
			code, there := seen[k]
			if !there {
				code, count = count, count+1
				seen[k] = code
			}
			last, lastCode = k, code
		}
		codes[i] = lastCode
	}
	return codes, int(count)
}

// numberDictionary looks at each used value of the dictionary once.
func numberDictionary(a *array.Dictionary) ([]int32, int) {
	ofValue, _ := number(a.Dictionary())
	nullValue := int32(-2)
	if d := a.Dictionary(); d.Len() > 0 {
		for i := range d.Len() {
			if d.IsNull(i) || isEmpty(d, i) {
				nullValue = ofValue[i]
				break
			}
		}
	}
	codes := make([]int32, a.Len())
	renumber := make(map[int32]int32)
	last, lastCode := int32(-1), int32(-1)
	for i := range codes {
		v := nullValue
		if a.IsValid(i) {
			v = ofValue[a.GetValueIndex(i)]
		}
		if v != last || lastCode < 0 {
			code, ok := renumber[v]
			if !ok {
				code = int32(len(renumber))
				renumber[v] = code
			}
			last, lastCode = v, code
		}
		codes[i] = lastCode
	}
	return codes, len(renumber)
}

func isEmpty(values arrow.Array, i int) bool {
	switch a := values.(type) {
	case *array.String:
		return a.Value(i) == ""
	case *array.Binary:
		return len(a.Value(i)) == 0
	}
	return false
}
