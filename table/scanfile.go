package table

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
)

// read yields the rows of one file that the scan wants, in their order.
func (p *scan) read(ctx context.Context, add *action.Add) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		constants, err := p.constants(add)
		if err != nil {
			yield(nil, err)
			return
		}
		for rec, err := range p.fileRows(ctx, add, constants) {
			if err == nil {
				rec, err = p.finish(ctx, rec, constants)
			}
			if err != nil {
				yield(nil, p.explain(add, err))
				return
			}
			if rec != nil && !yield(rec, nil) {
				return
			}
		}
	}
}

// fileRows yields what the file holds of the columns to read.
func (p *scan) fileRows(ctx context.Context, add *action.Add, constants map[string]any) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		r, err := p.open(ctx, add)
		if err != nil {
			yield(nil, err)
			return
		}
		if len(p.fromFile.Fields) == 0 { // the footer tells the number of rows
			countOnly(r.NumRows(), p.o.BatchSize, yield)
			return
		}
		keep := func(f *stats.File) bool {
			p.o.Metrics.RowGroups.Add(1)
			if p.prune.skipsRows(constants, f) {
				p.o.Metrics.RowGroupsSkipped.Add(1)
				return false
			}
			return true
		}
		for rec, err := range r.Batches(ctx, datafile.ReadOptions{Schema: p.fromFile, BatchRows: p.o.BatchSize, Keep: keep}) {
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

func (p *scan) open(ctx context.Context, add *action.Add) (*datafile.Reader, error) {
	if add.DeletionVector != nil {
		return nil, &feature.UnsupportedFeatureError{Features: []string{"deletionVectors"}, Reader: true}
	}
	store, key, err := p.t.locate(ctx, add)
	if err != nil {
		return nil, err
	}
	return datafile.Open(ctx, store, key)
}

// countOnly yields n rows without columns.
func countOnly(n, batch int64, yield func(arrow.RecordBatch, error) bool) {
	none := arrow.NewSchema(nil, nil)
	for ; n > 0; n -= batch {
		if !yield(array.NewRecordBatch(none, nil, min(n, batch)), nil) {
			return
		}
	}
}

func (p *scan) finish(ctx context.Context, rec arrow.RecordBatch, constants map[string]any) (arrow.RecordBatch, error) {
	defer rec.Release()
	return p.assemble(ctx, rec, rec.NumRows(), constants)
}

// explain tells which file an error is about, where it does not by itself.
func (p *scan) explain(add *action.Add, err error) error {
	var cast *arrowmap.CastError
	switch {
	case errors.Is(err, objstore.ErrNotExist):
		return &MissingFileError{Path: add.Path, Location: p.t.Location(), Version: p.snap.Version(), Err: err}
	case errors.As(err, &cast):
		return fmt.Errorf("data file %s of %s: %w", add.Path, p.t.Location(), err)
	}
	return err
}
