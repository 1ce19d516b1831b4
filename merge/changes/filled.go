package changes

import (
	"bytes"
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// A change that lacks values has them from those before it in its set. One of these may come late, so that the row of the table is newer: its values hold
// then, as they would had the late one come alone. The same is so of a row that was deleted since.

// lacksBeside are the columns whose values a change takes from the row of the table, whose sequence is given: those that it lacks, and those that it has
// from changes older than that row. Nil: none.
func (p *part) lacksBeside(change int, row []byte) []byte {
	lacks := p.lacks[change]
	if row == nil {
		return lacks
	}
	for _, f := range p.filled[change] {
		if f.seq == nil || bytes.Compare(row, f.seq) <= 0 {
			continue
		}
		wide := make([]byte, max(len(lacks), f.column/8+1))
		copy(wide, lacks)
		wide[f.column/8] |= 1 << (f.column % 8)
		lacks = wide
	}
	return lacks
}

// bury has a change have none of the values that are from changes before a deletion, whose sequence is given.
func (p *part) bury(change int, deletion []byte) {
	for _, f := range p.filled[change] {
		if f.seq == nil || f.moved || bytes.Compare(deletion, f.seq) <= 0 {
			continue
		}
		if p.blank == nil {
			p.blank = map[int]map[int]bool{}
		}
		if p.blank[change] == nil {
			p.blank[change] = map[int]bool{}
		}
		p.blank[change][f.column] = true
	}
}

// blanked gives the rows of some changes, at places of all, without values that deletions took.
func (p *part) blanked(ctx context.Context, changes []int, at []int32) (arrow.RecordBatch, error) {
	rec, err := arrowrows.SomeOf(ctx, p.rows, p.columns, at)
	if err != nil || len(p.blank) == 0 {
		return rec, err
	}
	defer rec.Release()
	cols := make([]arrow.Array, rec.NumCols())
	defer func() { arrowrows.Release(cols) }()
	for column := range cols {
		places := make([]int32, len(changes))
		for i, c := range changes {
			if places[i] = int32(i); p.blank[c][column] {
				places[i] = -1
			}
		}
		indices := arrowrows.IndicesOrNull(places)
		cols[column], err = arrowrows.Take(ctx, rec.Column(column), indices)
		indices.Release()
		if err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(rec.Schema(), cols, rec.NumRows()), nil
}
