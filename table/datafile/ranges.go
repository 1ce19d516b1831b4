package datafile

import "iter"

// Range is rows by their positions: From, and those after it up to but without To.
type Range struct{ From, To int64 }

func (r Range) rows() int64 { return r.To - r.From }

// minSkip is how many rows must lie between two wanted ones before reading on is dearer than stopping.
const minSkip = 4 << 10

// RangesOf makes ranges of positions in ascending order. Those with only few rows between them become one.
func RangesOf(positions iter.Seq[uint64]) []Range {
	out := []Range{}
	for pos := range positions {
		out = join(out, Range{int64(pos), int64(pos) + 1}, minSkip)
	}
	return out
}

// join appends a range that begins at or after the last one, or makes the last one longer where no more than gap rows lie between.
func join(ranges []Range, r Range, gap int64) []Range {
	if n := len(ranges); n > 0 && r.From-ranges[n-1].To <= gap {
		ranges[n-1].To = max(ranges[n-1].To, r.To)
		return ranges
	}
	return append(ranges, r)
}

// within gives the parts of ranges that are in r, counted from its beginning.
func (r Range) within(ranges []Range) []Range {
	var out []Range
	for _, w := range ranges {
		if from, to := max(w.From, r.From), min(w.To, r.To); from < to {
			out = append(out, Range{from - r.From, to - r.From})
		}
	}
	return out
}

// count is how many rows the ranges have.
func count(ranges []Range) int64 {
	var n int64
	for _, r := range ranges {
		n += r.rows()
	}
	return n
}
