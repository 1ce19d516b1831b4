package changes

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
)

// replaceRows reads rows that changes replace: what the changes do not know of them stays, and the change data feed is told how they were.
func (p *part) replaceRows(ctx context.Context, add *action.Add, places []place) error {
	only := deletionvector.New()
	for _, pl := range places {
		only.Add(uint64(pl.position))
	}
	o := table.ScanOptions{Only: only}
	if !p.c.HasChangeFeed() {
		o.Columns = p.present
	}
	next := 0
	for rows, err := range p.c.Rows(ctx, add, o) {
		if err != nil {
			return err
		}
		n := int(rows.Rec.NumRows())
		err = p.replaceBatch(ctx, rows, places[next:next+n])
		next += n
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *part) replaceBatch(ctx context.Context, rows table.FileRows, places []place) error {
	var updated, deleted, lacking []int32
	var changes []int
	var masks [][]byte
	for i, pl := range places {
		switch {
		case pl.change < 0 || p.op[pl.change] == Delete:
			deleted = append(deleted, int32(i))
			continue
		case pl.lacks != nil && !p.done.Has(pl.change):
			p.done.Set(pl.change)
			lacking, changes, masks = append(lacking, int32(i)), append(changes, pl.change), append(masks, pl.lacks)
		}
		updated = append(updated, int32(i))
	}
	if err := p.tell(ctx, rows.Rec, updated, table.ChangePreimage); err != nil {
		return err
	}
	if err := p.tell(ctx, rows.Rec, deleted, table.ChangeDelete); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	rec, err := p.complete(ctx, rows.Rec, lacking, changes, masks)
	if err != nil {
		return err
	}
	defer rec.Release()
	return p.put(ctx, rec, changes)
}

// tell writes rows as they were to the change data feed, where there is one.
func (a *application) tell(ctx context.Context, rec arrow.RecordBatch, at []int32, kind table.ChangeType) error {
	if !a.c.HasChangeFeed() || len(at) == 0 {
		return nil
	}
	old, err := arrowrows.Some(ctx, rec, at)
	if err != nil {
		return err
	}
	defer old.Release()
	return a.c.WriteChanges(ctx, old, kind)
}

// complete gives the rows of changes, with the values that they lack, by masks, from the rows at the given places of rec.
func (p *part) complete(ctx context.Context, rec arrow.RecordBatch, at []int32, changes []int, masks [][]byte) (arrow.RecordBatch, error) {
	from := make([]int32, len(changes))
	for i, c := range changes {
		from[i] = int32(c)
	}
	theirs, err := arrowrows.SomeOf(ctx, p.rows, p.columns, from)
	if err != nil {
		return nil, err
	}
	defer theirs.Release()
	ours, err := arrowrows.SomeOf(ctx, rec, p.present, at)
	if err != nil {
		return nil, err
	}
	defer ours.Release()
	cols := make([]arrow.Array, len(p.columns))
	defer func() { arrowrows.Release(cols) }()
	for i, name := range p.columns {
		mine := theirs.Column(i)
		at := slices.Index(p.present, name)
		if at < 0 { // the column is new: no row of the table has a value
			mine.Retain()
			cols[i] = mine
			continue
		}
		if cols[i], err = choose(ctx, mine, ours.Column(at), masks, i); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(theirs.Schema(), cols, int64(len(changes))), nil
}

// choose gives a column of theirs, with ours where the change does not know the value.
func choose(ctx context.Context, theirs, ours arrow.Array, masks [][]byte, column int) (arrow.Array, error) {
	at, any := make([]int32, len(masks)), false
	for i, mask := range masks {
		at[i] = int32(i)
		if lacking(mask, column) {
			at[i], any = int32(len(masks)+i), true
		}
	}
	if !any {
		theirs.Retain()
		return theirs, nil
	}
	ours, err := castTo(ctx, ours, arrow.Field{Type: theirs.DataType()}) // whose type may be about to widen
	if err != nil {
		return nil, err
	}
	defer ours.Release()
	both, err := array.Concatenate([]arrow.Array{theirs, ours}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	defer both.Release()
	indices := arrowrows.Indices(at)
	defer indices.Release()
	return arrowrows.Take(ctx, both, indices)
}

// sequences are those of some changes.
func (p *part) sequences(changes []int) *array.Binary {
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer b.Release()
	for _, c := range changes {
		if p.seq[c] == nil {
			b.AppendNull()
			continue
		}
		b.Append(p.seq[c])
	}
	return b.NewBinaryArray()
}
