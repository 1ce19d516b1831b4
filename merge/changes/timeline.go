package changes

import (
	"bytes"
	"slices"
)

// line is the history of one key: what the table has of it, and what changes add.
type line struct {
	row  int    // of the index, with the key
	own  bool   // there are changes of the key; else it is only looked at, for values that changes of other keys lack
	from []byte // the least sequence that matters: versions that ended before stay as they are

	kept []*version // of the table
	made []*version // of changes, by their starts; those that the table has move to kept
	ends []point    // deletions
}

// version is one version of a row: one that the table has, or one that changes make. Changes with the sequence of one that the table has
// are of that one, and give it what they know.
type version struct {
	span
	endAt   int32   // the time of the end, by its place among [times]; -1: none
	changes []int32 // rows of the changes that give it values, those that count first first
	lacks   []byte  // the values that it has from the version before it, as in UnavailableColumn; nil: none
	was     int32   // the change that says which key the row had before; -1: none
	before  *version
	fresh   []byte  // for those that the table has: the values that these changes give it, or versions before it; nil: not asked yet
	stored  *stored // nil: the table does not have it
}

// stored is where the table has a version.
type stored struct {
	position       int64  // in its file
	startAt, endAt int32  // when it started and ended, among [times]
	had            span   // beside it
	unknown        []byte // the values that changes of its sequence do not know
	rewrite        bool   // it is to be another
	donor          bool   // others lack values that it has
	given          int32  // its place among the rows that are given then
}

// moved says whether other things stand beside it than the table has.
func (v *version) moved() bool {
	had := v.stored.had
	return !bytes.Equal(v.start, had.start) || !bytes.Equal(v.end, had.end) || !slices.Equal(v.takes, had.takes)
}

// point is where something begins or ends.
type point struct {
	seq   []byte
	at    int32 // its time, among [times]
	fresh bool  // the changes say so; else the table has it already
}

func comparePoints(a, b point) int { return bytes.Compare(a.seq, b.seq) }

// next is the first of sorted points after a sequence; ok is false where there is none.
func next(points []point, after []byte) (p point, ok bool) {
	i, _ := slices.BinarySearchFunc(points, after, func(p point, s []byte) int {
		if bytes.Compare(p.seq, s) <= 0 {
			return -1
		}
		return 1
	})
	if i == len(points) {
		return p, false
	}
	return points[i], true
}

// settle finds where versions end: each at the first start or end of another one after its start, or truncation (swept, sorted). Those of the table have been
// ended already by all that was there before.
func (l *line) settle(swept []point) {
	l.sort()
	if l.own {
		l.meet()
	}
	all := slices.Concat(l.ends, swept)
	for _, v := range l.made {
		all = append(all, point{v.start, v.changes[0], true})
	}
	var fresh []point
	for _, p := range all {
		if p.fresh {
			fresh = append(fresh, p)
		}
	}
	for _, v := range l.kept {
		if v.stored.had.start != nil || len(v.changes) > 0 {
			all = append(all, point{seq: v.start, at: v.stored.startAt})
		}
		if v.stored.had.end != nil {
			all = append(all, point{seq: v.stored.had.end, at: v.stored.endAt})
		}
	}
	slices.SortStableFunc(all, comparePoints)
	slices.SortStableFunc(fresh, comparePoints)
	for _, v := range l.kept {
		if p, ok := next(fresh, v.start); ok && (v.end == nil || bytes.Compare(p.seq, v.end) < 0) {
			v.end, v.endAt, v.stored.rewrite = p.seq, p.at, l.own
		}
	}
	for _, v := range l.made {
		if p, ok := next(all, v.start); ok {
			v.end, v.endAt = p.seq, p.at
		}
	}
}

// sort puts what the table has in order. Of the current version it may not know where it starts: then that is after all others.
func (l *line) sort() {
	var top []byte
	for _, v := range l.kept {
		for _, s := range [][]byte{v.start, v.end} {
			if bytes.Compare(s, top) > 0 {
				top = s
			}
		}
	}
	for _, v := range l.kept {
		if v.start == nil && v.end == nil {
			v.start = top
		}
	}
	slices.SortStableFunc(l.kept, func(a, b *version) int { return bytes.Compare(a.start, b.start) })
}

// meet gives the changes of versions that the table has to these.
func (l *line) meet() {
	l.made = slices.DeleteFunc(l.made, func(m *version) bool {
		i, ok := slices.BinarySearchFunc(l.kept, m.start, func(v *version, s []byte) int { return bytes.Compare(v.start, s) })
		if !ok {
			return false
		}
		v := l.kept[i]
		v.changes, v.stored.unknown, v.stored.rewrite = m.changes, m.lacks, true
		v.lacks = common(v.lacks, m.lacks)
		return true
	})
}

// common are the bits that two masks share; nil where there are none.
func common(a, b []byte) []byte {
	out := make([]byte, min(len(a), len(b)))
	for i := range out {
		out[i] = a[i] & b[i]
	}
	if !anySet(out) {
		return nil
	}
	return out
}

// before is the version that was the row just before one; nil where none was. Of a row that moved here from another key it is the one that a deletion at
// that sequence ended. Of the key itself such a deletion ends the row: what begins there is another one.
func (l *line) before(of *version, moved bool, swept []point) *version {
	var v *version
	for _, list := range [][]*version{l.kept, l.made} {
		i, _ := slices.BinarySearchFunc(list, of.start, func(v *version, s []byte) int { return bytes.Compare(v.start, s) })
		if i > 0 && (v == nil || bytes.Compare(list[i-1].start, v.start) > 0) {
			v = list[i-1]
		}
	}
	switch {
	case v == nil || v.end != nil && bytes.Compare(v.end, of.start) < 0:
		return nil
	case moved || !bytes.Equal(v.end, of.start):
		return v
	case of.stored == nil && v.stored != nil && bytes.Equal(v.stored.had.end, of.start): // not by this one
		return nil
	}
	for _, points := range [][]point{l.ends, swept} {
		if slices.ContainsFunc(points, func(p point) bool { return bytes.Equal(p.seq, of.start) }) {
			return nil
		}
	}
	return v
}
