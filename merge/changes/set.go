package changes

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

var errNoChanges = errors.New("the rows are not changes: they lack the columns that say what happened")

// newSource makes room for changes of a schema. Where it goes to disk, keys that are linked come into one part.
func (a *Applier) newSource(fit *schema.Struct, linked links) (*match.Source, error) {
	as, err := arrowmap.ToArrow(fit)
	if err != nil {
		return nil, err
	}
	keys := a.keys
	was, err := wasFields(fit, keys)
	if err != nil {
		return nil, err
	}
	all := arrow.NewSchema(slices.Concat(as.Fields(), about(a.sourceTime), was), nil)
	return match.NewSource(all, match.SourceOptions{Budget: a.o.SourceMemory, Memory: a.o.Memory, Dir: a.o.TempDir,
		Hash: func(ctx context.Context, rec arrow.RecordBatch) ([]uint64, error) {
			k, err := keysOf(ctx, rec, keys)
			if err != nil {
				return nil, err
			}
			defer k.Release()
			return linked.roots(k.Hash(nil)), nil
		}}), nil
}

// takeTruncations takes the truncations out of changes with so many columns of the table, and gives the others.
func (a *Applier) takeTruncations(ctx context.Context, rec arrow.RecordBatch, columns int) (arrow.RecordBatch, error) {
	ops := rec.Column(columns).(*array.Int8)
	var rest, gone []int32
	for i := range int32(rec.NumRows()) {
		if Op(ops.Value(int(i))) == Truncate {
			gone = append(gone, i)
		} else {
			rest = append(rest, i)
		}
	}
	if len(gone) == 0 {
		rec.Retain()
		return rec, nil
	}
	theirs, err := arrowrows.SomeOf(ctx, rec, arrowrows.Names(rec.Schema())[columns:], gone)
	if err != nil {
		return nil, err
	}
	defer theirs.Release()
	flat, err := arrowrows.PlainRows(ctx, theirs)
	if err != nil {
		return nil, err
	}
	defer flat.Release()
	ab := aboutOf(flat, 0)
	for i := range gone {
		a.newest.raise(&ab, i)
		if a.o.History {
			at := array.NewSlice(ab.made, int64(i), int64(i)+1)
			a.truncations = append(a.truncations, truncation{bytes.Clone(ab.seq.Value(i)), at})
		}
	}
	return arrowrows.Some(ctx, rec, rest)
}

// gather brings the changes of earlier schemas into the last one.
func (a *Applier) gather(ctx context.Context) error {
	for len(a.older) > 0 {
		src := a.older[0]
		for rows, err := range src.Parts(ctx) {
			if err != nil {
				return err
			}
			err = a.move(ctx, rows)
			rows.Release()
			if err != nil {
				return err
			}
		}
		a.older = a.older[1:]
		if err := src.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (a *Applier) move(ctx context.Context, rows *match.Rows) error {
	for _, chunk := range rows.Chunks() {
		n := int(chunk.NumCols()) - numAbout - len(a.keys)
		rec, err := conform(ctx, chunk, Batch{Columns: chunk.Schema().Fields()[:n]}, a.fit, a.sourceTime)
		if err != nil {
			return err
		}
		err = a.appendWas(ctx, rec, chunk.Columns()[n+numAbout:])
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// appendWas appends changes with the keys that their rows had.
func (a *Applier) appendWas(ctx context.Context, rec arrow.RecordBatch, was []arrow.Array) error {
	s := a.source.Schema()
	cols := slices.Clone(rec.Columns())
	var made []arrow.Array
	defer func() { arrowrows.Release(made) }()
	for i, w := range was {
		col, err := castTo(ctx, w, s.Field(int(rec.NumCols())+i))
		if err != nil {
			return err
		}
		made, cols = append(made, col), append(cols, col)
	}
	all := array.NewRecordBatch(s, cols, rec.NumRows())
	defer all.Release()
	return a.source.Append(ctx, all)
}

// discard forgets the set; a.mu is held.
func (a *Applier) discard() error {
	for _, t := range a.truncations {
		t.at.Release()
	}
	a.truncations = nil
	var errs []error
	for _, s := range append(a.older, a.source) {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	a.older, a.source, a.fit, a.keys, a.newest, a.moved, a.sourceTime = nil, nil, nil, nil, floor{}, false, nil
	return errors.Join(errs...)
}
