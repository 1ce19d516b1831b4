package datafile

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// slots say what a column holds for a run of rows, on the way down from the rows to a leaf: for
// each entry of the column the index of its value in an array, or -1 where something above it is
// null or empty, and its levels. While nothing above is null or repeated, slots are dense: entry i
// is value i, at definition level def.
type slots struct {
	dense bool
	n     int
	def   uint8

	at        []int32
	defs, rep []uint8
}

// NullError says that a column or field that is not nullable was to get a null.
type NullError struct {
	Column string // dotted path in the table's names
}

func (e *NullError) Error() string {
	return "column " + e.Column + " is NOT NULL and was given a null"
}

// shred takes an array apart into the leaves below a node (Dremel's record shredding) and hands
// each to write.
func (n *node) shred(arr arrow.Array, s slots, write func(*leaf, arrow.Array, slots) error) error {
	if n.leaf != nil {
		return write(n.leaf, arr, s)
	}
	s, nulls, err := n.present(arr, s)
	if err != nil {
		return err
	}
	if st, ok := arr.(*array.Struct); ok && len(n.children) == st.NumField() {
		for i, c := range n.children {
			if err := c.shred(st.Field(i), s, write); err != nil {
				return err
			}
		}
		return nil
	}
	n.nulls += nulls
	list := arr.(array.ListLike)
	s = n.unnest(list, s)
	if m, ok := arr.(*array.Map); ok {
		if err := n.children[0].shred(m.Keys(), s, write); err != nil {
			return err
		}
		return n.children[1].shred(m.Items(), s, write)
	}
	return n.children[0].shred(list.ListValues(), s, write)
}

// present takes the nulls of an optional struct, list or map out, and counts all that are above or here.
func (n *node) present(arr arrow.Array, s slots) (slots, int64, error) {
	if s.dense && arr.NullN() == 0 {
		s.def = n.def
		return s, 0, nil
	}
	out := slots{n: s.n, at: make([]int32, s.n), defs: make([]uint8, s.n), rep: s.rep}
	var nulls int64
	for i := range s.n {
		at, def := int32(i), s.def
		if !s.dense {
			at, def = s.at[i], s.defs[i]
		}
		switch {
		case at < 0:
			nulls++
		case arr.IsValid(int(at)):
			def = n.def
		case !n.optional:
			return s, 0, &NullError{Column: dotted(n.path)}
		default:
			at = -1
			nulls++
		}
		out.at[i], out.defs[i] = at, def
	}
	return out, nulls, nil
}

// unnest gives an entry to each element, and one to each list without any.
func (n *node) unnest(list array.ListLike, s slots) slots {
	out := slots{at: make([]int32, 0, s.n), defs: make([]uint8, 0, s.n), rep: make([]uint8, 0, s.n)}
	for i := range s.n {
		at, def, rep := int32(i), s.def, uint8(0)
		if !s.dense {
			at, def = s.at[i], s.defs[i]
		}
		if s.rep != nil {
			rep = s.rep[i]
		}
		start, end := int64(0), int64(0)
		if at >= 0 {
			start, end = list.ValueOffsets(int(at))
		}
		if start == end {
			out.at, out.defs, out.rep = append(out.at, -1), append(out.defs, def), append(out.rep, rep)
			continue
		}
		for v := start; v < end; v++ {
			out.at, out.defs, out.rep = append(out.at, int32(v)), append(out.defs, n.def+1), append(out.rep, rep)
			rep = n.rep + 1
		}
	}
	out.n = len(out.at)
	return out
}

func dotted(path []string) string {
	s := path[0]
	for _, p := range path[1:] {
		s += "." + p
	}
	return s
}
