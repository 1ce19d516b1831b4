package datafile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Reader is an open Parquet file of any writer. It holds the footer and no other resources, so it
// need not be closed. It may be used by many goroutines at a time.
type Reader struct {
	src   source
	size  int64
	meta  *format.FileMetaData
	arrow *metadata.FileMetaData
	meant meaning
}

// Open reads the footer of a file in a store, most often with one request.
// Errors: those of the store (objstore.ErrNotExist), *CorruptError.
func Open(ctx context.Context, store objstore.Store, key string) (*Reader, error) {
	return open(ctx, &object{store: store, key: key})
}

// OpenReaderAt is Open for a file that is at hand: r must be safe for use by many goroutines, as
// os.File and bytes.Reader are.
func OpenReaderAt(ctx context.Context, r io.ReaderAt, size int64) (*Reader, error) {
	return open(ctx, &local{r: r, size: size})
}

func open(ctx context.Context, src source) (*Reader, error) {
	footer, size, err := readFooter(ctx, src)
	if err != nil {
		return nil, err
	}
	r := &Reader{src: src, size: size}
	err = guard(func() error {
		var err error
		r.meta, r.arrow, r.meant, err = parseFooter(footer, size)
		return err
	})
	if err != nil {
		return nil, &CorruptError{File: src.name(), Err: err}
	}
	return r, nil
}

// NumRows is how many rows the file has.
func (r *Reader) NumRows() int64 { return r.meta.NumRows }

// CreatedBy names the writer as the footer has it, such as "parquet-mr version 1.13.1 (build ...)"; empty where the footer has none.
func (r *Reader) CreatedBy() string { return r.meta.CreatedBy }

// Size is the size of the file in bytes.
func (r *Reader) Size() int64 { return r.size }

// Schema is the table schema that would hold the file: its columns in its own order, each in the
// narrowest type ([arrowmap.FromArrow]); INT96 is a timestamp.
// Errors: *CorruptError, *arrowmap.UnsupportedTypeError.
func (r *Reader) Schema() (*schema.Struct, error) {
	var s *schema.Struct
	err := guard(func() error {
		as, err := pqarrow.FromParquet(r.arrow.Schema, &pqarrow.ArrowReadProperties{}, r.arrow.KeyValueMetadata())
		if err != nil {
			return &CorruptError{File: r.src.name(), Err: err}
		}
		s, err = arrowmap.FromArrow(r.meant.restore(as))
		return err
	})
	return s, err
}

// ReadOptions say what to read.
type ReadOptions struct {
	// Schema is the columns to read, in the names and types that they are to have; what the file
	// does not have is null. Nil: all columns as [Reader.Schema] has them.
	Schema *schema.Struct
	// Mapping is how the columns of Schema, at every level, are found in the file: by their names, by their
	// physical names, or by the field ids of Parquet ("Reader Requirements for Column Mapping").
	Mapping schema.Mapping
	// BatchRows is the most rows in a batch; 0: DefaultBatchRows.
	BatchRows int64
	// Keep says of each row group, by its statistics in the footer, whether it is read; it must say
	// true unless no row of it is wanted. Nil: all are.
	Keep func(*stats.File) bool
}

// DefaultBatchRows is the most rows in a batch where it is not said.
const DefaultBatchRows = 16 << 10

// Rows are some of the rows of a file.
type Rows struct {
	Rec   arrow.RecordBatch // the receiver's to release
	First int64             // the position in the file of the first row; the others follow it
}

// Batches is [Reader.Rows] without positions.
func (r *Reader) Batches(ctx context.Context, opts ReadOptions) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rows, err := range r.Rows(ctx, opts) {
			if !yield(rows.Rec, err) {
				return
			}
		}
	}
}

// Rows reads the file, row group by row group, in the order of its rows. Nothing is read before
// the sequence is run, and no more than one row group's worth of memory is in use, within a budget
// of its encoded bytes. Schema out: arrowmap's of opts.Schema. Each batch is the receiver's to
// release. The first error ends the sequence: those of the store and of ctx, *CorruptError,
// *arrowmap.CastError where the file has a column in a type that the table's cannot come from,
// *NoFieldIDsError.
func (r *Reader) Rows(ctx context.Context, opts ReadOptions) iter.Seq2[Rows, error] {
	return func(yield func(Rows, error) bool) {
		s, err := r.newScan(ctx, opts)
		if err != nil {
			yield(Rows{}, err)
			return
		}
		var end int64 // of the row groups so far
		for g := range r.meta.RowGroups {
			first := end
			end += r.meta.RowGroups[g].NumRows
			if opts.Keep != nil && !opts.Keep(r.rowGroupStats(s.schema, s.mapping, g)) {
				continue
			}
			for rec, err := range s.rowGroup(ctx, g) {
				if err != nil {
					yield(Rows{}, err)
					return
				}
				n := rec.NumRows()
				if !yield(Rows{rec, first}, nil) {
					return
				}
				first += n
			}
		}
	}
}

// scan is one run over a file.
type scan struct {
	r       *Reader
	schema  *schema.Struct
	mapping schema.Mapping
	target  *arrow.Schema
	columns []int // leaves of the file to read
	rows    int64 // per batch
	windows *windows
	arrow   *pqarrow.FileReader
}

func (r *Reader) newScan(ctx context.Context, opts ReadOptions) (*scan, error) {
	s := &scan{r: r, schema: opts.Schema, mapping: opts.Mapping, rows: opts.BatchRows, windows: &windows{ctx: ctx, src: r.src, budget: readBudget}}
	if s.rows <= 0 {
		s.rows = DefaultBatchRows
	}
	var err error
	if s.schema == nil {
		if s.schema, err = r.Schema(); err != nil {
			return nil, err
		}
		s.mapping = schema.MappingNone
	}
	if s.target, err = arrowmap.ToArrow(s.schema); err != nil {
		return nil, err
	}
	if s.columns, err = r.leavesOf(s.schema, s.mapping); err != nil {
		return nil, err
	}
	err = guard(func() error {
		props := parquet.NewReaderProperties(memory.DefaultAllocator)
		props.BufferedStreamEnabled, props.BufferSize = true, 64<<10
		pf, err := file.NewParquetReader(s.windows, file.WithMetadata(r.arrow), file.WithReadProps(props))
		if err != nil {
			return err
		}
		s.arrow, err = pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: s.rows}, memory.DefaultAllocator)
		return err
	})
	if err != nil {
		return nil, &CorruptError{File: r.src.name(), Err: err}
	}
	return s, nil
}

func (s *scan) rowGroup(ctx context.Context, g int) iter.Seq2[arrow.RecordBatch, error] {
	if len(s.columns) == 0 {
		return s.onlyNulls(s.r.meta.RowGroups[g].NumRows)
	}
	return func(yield func(arrow.RecordBatch, error) bool) {
		chunks := make([]extent, len(s.columns))
		for i, c := range s.columns {
			start, end := chunkRange(&s.r.meta.RowGroups[g].Columns[c].MetaData)
			chunks[i] = extent{start, end}
		}
		if err := s.windows.load(chunks); err != nil {
			yield(nil, err)
			return
		}
		var rr pqarrow.RecordReader
		if err := guard(func() (err error) {
			rr, err = s.arrow.GetRecordReader(ctx, s.columns, []int{g})
			return err
		}); err != nil {
			yield(nil, s.explain(ctx, err))
			return
		}
		defer rr.Release()
		for {
			rec, err := s.next(ctx, rr)
			if rec == nil && err == nil {
				return
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// next gives the next batch; nil at the end of the row group.
func (s *scan) next(ctx context.Context, rr pqarrow.RecordReader) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	more := false
	err := guard(func() error {
		if more = rr.Next(); !more {
			if err := rr.Err(); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	if !more {
		return nil, nil
	}
	named := arrowmap.Logical(rr.RecordBatch(), s.schema, s.mapping)
	defer named.Release()
	return arrowmap.Conform(ctx, named, s.target)
}

// explain puts the error of the source, if there was one, in front of what Arrow's reader made of it.
func (s *scan) explain(ctx context.Context, err error) error {
	if s.windows.err != nil {
		return s.windows.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &CorruptError{File: s.r.src.name(), Err: err}
}

// onlyNulls gives rows of a file that has none of the wanted columns.
func (s *scan) onlyNulls(rows int64) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rows > 0 {
			n := min(rows, s.rows)
			rows -= n
			cols := make([]arrow.Array, s.target.NumFields())
			for i, f := range s.target.Fields() {
				cols[i] = arrowmap.Nulls(f.Type, int(n))
			}
			rec := array.NewRecordBatch(s.target, cols, n)
			for _, c := range cols {
				c.Release()
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// guard turns a panic of a library over a broken file into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode: %v", p)
		}
	}()
	return f()
}
