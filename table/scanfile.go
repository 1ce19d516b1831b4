package table

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/action"
)

// read yields the rows of one file that the scan wants.
func (p *scan) read(ctx context.Context, add *action.Add) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		constants, err := p.constants(add)
		if err != nil {
			yield(nil, err)
			return
		}
		for rec, err := range p.rows(ctx, add) {
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

func (p *scan) finish(ctx context.Context, rec arrow.RecordBatch, constants map[string]any) (arrow.RecordBatch, error) {
	defer rec.Release()
	return p.assemble(ctx, rec, rec.NumRows(), constants)
}

func (p *scan) explain(add *action.Add, err error) error {
	if errors.Is(err, objstore.ErrNotExist) {
		return &MissingFileError{Path: add.Path, Location: p.t.Location(), Version: p.snap.Version(), Err: err}
	}
	return err
}

type readerAt struct {
	ctx  context.Context
	s    objstore.Store
	key  string
	size int64
	pos  int64
}

func (r *readerAt) ReadAt(b []byte, off int64) (int, error) {
	rc, _, err := r.s.Get(r.ctx, r.key, objstore.Range{Offset: off, Length: int64(len(b))})
	if err != nil {
		return 0, err
	}
	defer rc.Close()
	return io.ReadFull(rc, b)
}

func (r *readerAt) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
		r.pos = off
	case io.SeekCurrent:
		r.pos += off
	case io.SeekEnd:
		r.pos = r.size + off
	}
	return r.pos, nil
}

func (p *scan) rows(ctx context.Context, add *action.Add) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		store, key, err := p.t.locate(ctx, add)
		if err != nil {
			yield(nil, err)
			return
		}
		info, err := store.Head(ctx, key)
		if err != nil {
			yield(nil, err)
			return
		}
		f, err := file.NewParquetReader(&readerAt{ctx: ctx, s: store, key: key, size: info.Size})
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		as, err := arrowmap.ToArrow(p.fromFile)
		if err != nil {
			yield(nil, err)
			return
		}
		fr, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: p.o.BatchSize}, memory.DefaultAllocator)
		if err != nil {
			yield(nil, err)
			return
		}
		var cols []int
		sc := f.MetaData().Schema
		for i := range sc.NumColumns() {
			top := sc.Column(i).ColumnPath()[0]
			for _, want := range p.fromFile.Fields {
				if strings.EqualFold(top, want.Name) {
					cols = append(cols, i)
				}
			}
		}
		if len(cols) == 0 {
			cols = []int{0}
		}
		rr, err := fr.GetRecordReader(ctx, cols, nil)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rr.Release()
		for rr.Next() {
			rec, err := arrowmap.Conform(ctx, rr.RecordBatch(), as)
			if !yield(rec, err) || err != nil {
				return
			}
		}
		if err := rr.Err(); err != nil && !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}
