package datafile

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	parquetschema "github.com/apache/arrow-go/v18/parquet/schema"
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
	// Only are the rows that are wanted, in ascending order and apart; others do not come. Row groups without any of them are
	// not read, nor are pages decoded of columns that can do without: not so a field in which pages of several leaves, or of lists, begin at
	// different rows. Nil: all rows.
	Only []Range
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
		var here Range // the rows of the row group in hand
		for g := range r.meta.RowGroups {
			here = Range{here.To, here.To + r.meta.RowGroups[g].NumRows}
			want := []Range{{0, here.rows()}}
			if opts.Only != nil {
				want = here.within(opts.Only)
			}
			if len(want) == 0 || opts.Keep != nil && !opts.Keep(r.rowGroupStats(s.schema, s.mapping, g)) {
				continue
			}
			for rows, err := range s.rowGroup(ctx, g, want) {
				rows.First += here.From
				if !yield(rows, err) || err != nil {
					return
				}
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
	columns []int   // leaves of the file to read
	fields  [][]int // the same by the top-level column that they are in
	rows    int64   // per batch
	header  []byte  // memory for page headers
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
	var root parquetschema.Node
	for _, c := range s.columns {
		if of := r.arrow.Schema.ColumnRoot(c); len(s.fields) == 0 || of != root {
			root, s.fields = of, append(s.fields, nil)
		}
		last := len(s.fields) - 1
		s.fields[last] = append(s.fields[last], c)
	}
	err = guard(func() (err error) {
		s.arrow, err = s.newFileReader(s.windows, r.arrow)
		return err
	})
	if err != nil {
		return nil, &CorruptError{File: r.src.name(), Err: err}
	}
	return s, nil
}

func (s *scan) newFileReader(from parquet.ReaderAtSeeker, meta *metadata.FileMetaData) (*pqarrow.FileReader, error) {
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled, props.BufferSize = true, 64<<10
	pf, err := file.NewParquetReader(from, file.WithMetadata(meta), file.WithReadProps(props))
	if err != nil {
		return nil, err
	}
	return pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: s.rows}, memory.DefaultAllocator)
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

// guard turns a panic of a library over a broken file into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode: %v", p)
		}
	}()
	return f()
}
