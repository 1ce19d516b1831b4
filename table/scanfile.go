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
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// FileRows are live rows of one data file, with where they stand in it. They are the receiver's to release.
type FileRows struct {
	Rec       arrow.RecordBatch // as Scan has them
	Positions []int64           // in the file, ascending, one for each row
	Hidden                      // what ScanOptions.RowTracking and Sequences ask for
}

// Release gives the arrays back.
func (r FileRows) Release() {
	if r.Rec != nil {
		r.Rec.Release()
	}
	r.Hidden.Release()
}

// ScanFile yields the live rows of a data file of s, in the order of the file: logical columns, the deletion vector
// and Where applied, of the rows that ScanOptions.Only has where it is set. The file is read whatever its statistics say.
// Errors: as [Table.Scan].
func (t *Table) ScanFile(ctx context.Context, s *txlog.Snapshot, add *action.Add, o ScanOptions) iter.Seq2[FileRows, error] {
	return func(yield func(FileRows, error) bool) {
		p, err := t.newScan(s, o)
		if err != nil {
			yield(FileRows{}, err)
			return
		}
		p.located = true
		p.read(ctx, add)(yield)
	}
}

// fileScan is the scan of one file.
type fileScan struct {
	*scan
	add       *action.Add
	constants map[string]any
	deleted   *deletionvector.Bitmap // nil: no row is
	only      *deletionvector.Bitmap // nil: all live rows; else the live rows that are wanted
}

// read yields the rows of one file that the scan wants, in their order. After an error it ends.
func (p *scan) read(ctx context.Context, add *action.Add) iter.Seq2[FileRows, error] {
	return func(yield func(FileRows, error) bool) {
		f := &fileScan{scan: p, add: add}
		if err := f.prepare(ctx); err != nil {
			yield(FileRows{}, p.explain(add, err))
			return
		}
		for raw, err := range f.rows(ctx) {
			var out FileRows
			if err == nil {
				out, err = f.finish(ctx, raw)
			}
			if err != nil {
				yield(FileRows{}, p.explain(add, err))
				return
			}
			if out.Rec != nil && !yield(out, nil) {
				return
			}
		}
	}
}

// prepare reads what the log says of the file.
func (f *fileScan) prepare(ctx context.Context) (err error) {
	if f.constants, err = f.scan.constants(f.add); err != nil {
		return err
	}
	if f.add.DeletionVector != nil {
		if f.deleted, err = f.t.vectorAt(ctx, f.snap.Version(), f.add.Path, f.add.DeletionVector); err != nil {
			return err
		}
	}
	if f.located {
		f.only = f.o.Only
	}
	if f.only != nil && f.deleted != nil {
		f.only = f.only.Clone()
		f.only.AndNot(f.deleted)
	}
	return nil
}

// rows yields what the file holds of the columns to read, rows that are not wanted included.
func (f *fileScan) rows(ctx context.Context) iter.Seq2[datafile.Rows, error] {
	return func(yield func(datafile.Rows, error) bool) {
		store, key, err := f.t.locate(ctx, f.add)
		if err != nil {
			yield(datafile.Rows{}, err)
			return
		}
		r, err := datafile.Open(ctx, store, key)
		if err != nil {
			yield(datafile.Rows{}, err)
			return
		}
		wanted := []datafile.Range{{To: r.NumRows()}}
		if f.only != nil {
			wanted = datafile.RangesOf(f.only.Range(0, uint64(r.NumRows())))
		}
		if len(f.fromFile.Fields) == 0 { // the footer tells the number of rows
			countOnly(wanted, f.o.BatchSize, yield)
			return
		}
		keep := func(s *stats.File) bool {
			f.o.Metrics.RowGroups.Add(1)
			if f.prune.skipsRows(f.constants, s) {
				f.o.Metrics.RowGroupsSkipped.Add(1)
				return false
			}
			return true
		}
		o := datafile.ReadOptions{Schema: f.fromFile, Mapping: f.snap.Mapping(), BatchRows: f.o.BatchSize, Keep: keep, Only: wanted}
		r.Rows(ctx, o)(yield)
	}
}

// countOnly yields rows without columns.
func countOnly(rows []datafile.Range, batch int64, yield func(datafile.Rows, error) bool) {
	none := arrow.NewSchema(nil, nil)
	for _, r := range rows {
		for first := r.From; first < r.To; first += batch {
			if !yield(datafile.Rows{Rec: array.NewRecordBatch(none, nil, min(r.To-first, batch)), First: first}, nil) {
				return
			}
		}
	}
}

// explain tells which file an error is about, where it does not by itself.
func (p *scan) explain(add *action.Add, err error) error {
	var cast *arrowmap.CastError
	var vector *MissingDeletionVectorError
	switch {
	case errors.As(err, &vector):
		return err
	case errors.Is(err, objstore.ErrNotExist):
		return &MissingFileError{Path: add.Path, Location: p.t.Location(), Version: p.snap.Version(), Err: err}
	case errors.As(err, &cast):
		return fmt.Errorf("data file %s of %s: %w", add.Path, p.t.Location(), err)
	}
	return err
}
