package datafile

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Writer writes one Parquet file. It is used by one goroutine at a time. After an error it is of no
// more use and what it wrote is no file.
type Writer struct {
	w      io.Writer
	layout *layout
	opts   Options
	chunks []*chunk

	offset    int64 // in the file
	rows      int64 // in the row group in hand
	total     int64 // in finished row groups
	rowGroups []format.RowGroup
	columns   columnCache
	err       error // why there is no going on
}

// Result is what a finished file holds.
type Result struct {
	NumRecords int64
	Size       int64 // bytes written
	Stats      *stats.File
}

// SchemaError says that a batch does not fit the file.
type SchemaError struct {
	Column string
	Reason string
}

func (e *SchemaError) Error() string { return fmt.Sprintf("column %s: %s", e.Column, e.Reason) }

var errClosed = errors.New("datafile: the writer is closed")

// NewWriter begins a file with the given columns: those of the table without the ones that
// partition it and without void fields ([arrowmap.FileSchema]). Nothing is written before the first
// row group is full. Errors: *arrowmap.UnsupportedTypeError, *CodecError.
func NewWriter(w io.Writer, s *schema.Struct, opts Options) (*Writer, error) {
	l, err := newLayout(s, opts.FieldIDs)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults(s, len(l.leaves))
	c, err := newCodec(opts.Codec)
	if err != nil {
		return nil, err
	}
	out := &Writer{w: w, layout: l, opts: opts}
	for _, leaf := range l.leaves {
		out.chunks = append(out.chunks, newChunk(leaf, c, opts.PageBytes))
	}
	return out, nil
}

// Write adds the rows of a batch. Its columns are found by name, without regard to case, in any
// order, in arrowmap's types or what [arrowmap.Cast] makes of others; a string or binary column may
// be a dictionary with int32 indices, from batch to batch as the producer likes. A column of the
// file that the batch does not have is null. The batch is not kept.
// Errors: *SchemaError for a column that the file does not have, *NullError, *arrowmap.CastError,
// and those of the io.Writer.
func (w *Writer) Write(rec arrow.RecordBatch) error {
	if w.err != nil {
		return w.err
	}
	cols, err := w.match(rec)
	if err == nil {
		err = w.append(cols, rec.NumRows())
	}
	for _, c := range cols {
		c.Release()
	}
	for _, c := range w.chunks {
		if t, ok := c.enc.(*texts); ok {
			t.forget()
		}
	}
	if err != nil {
		w.err = fmt.Errorf("write a data file: %w", err)
	}
	return w.err
}

// append takes the rows in steps that are small enough for one page.
func (w *Writer) append(cols []arrow.Array, rows int64) error {
	step := stepRows(cols, rows)
	for from := int64(0); from < rows; {
		to := min(from+step, rows, from+w.opts.RowGroupRows-w.rows)
		for i, col := range cols {
			if err := w.appendColumn(w.layout.fields[i], col, from, to); err != nil {
				return err
			}
		}
		w.rows += to - from
		from = to
		if w.rows >= w.opts.RowGroupRows || w.held() >= w.opts.RowGroupBytes {
			if err := w.endRowGroup(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Writer) appendColumn(n *node, col arrow.Array, from, to int64) error {
	if from != 0 || to != int64(col.Len()) {
		col = array.NewSlice(col, from, to)
		defer col.Release()
	}
	return n.shred(col, slots{dense: true, n: col.Len()}, func(l *leaf, arr arrow.Array, s slots) error {
		return w.chunks[l.index].write(arr, s)
	})
}

// held is about how many encoded bytes wait for the end of the row group.
func (w *Writer) held() int64 {
	var n int64
	for _, c := range w.chunks {
		n += c.size()
	}
	return n
}

// BytesWritten is about how large the file would be if it were closed now.
// After Close it is the size of the file.
func (w *Writer) BytesWritten() int64 { return w.offset + w.held() }

// NumRecords is how many rows were written so far.
func (w *Writer) NumRecords() int64 { return w.total + w.rows }

const magic = "PAR1"

func (w *Writer) endRowGroup() error {
	if w.offset == 0 {
		if err := w.emit([]byte(magic)); err != nil {
			return err
		}
	}
	if w.rows == 0 {
		return nil
	}
	g := format.RowGroup{NumRows: w.rows, FileOffset: w.offset, Ordinal: int16(len(w.rowGroups))}
	for _, c := range w.chunks {
		col, end, err := c.flush(w.w, w.offset)
		if err != nil {
			return err
		}
		w.offset = end
		g.TotalByteSize += col.MetaData.TotalUncompressedSize
		g.TotalCompressedSize += col.MetaData.TotalCompressedSize
		g.Columns = append(g.Columns, col)
	}
	w.rowGroups = append(w.rowGroups, g)
	w.total += w.rows
	w.rows = 0
	return nil
}

func (w *Writer) emit(p []byte) error {
	n, err := w.w.Write(p)
	w.offset += int64(n)
	return err
}

// Close writes what is left and the footer. A file without rows is a file too. The io.Writer is
// not closed.
func (w *Writer) Close() (Result, error) {
	if w.err != nil {
		return Result{}, w.err
	}
	defer w.Abort()
	if err := w.finish(); err != nil {
		return Result{}, fmt.Errorf("finish a data file: %w", err)
	}
	return Result{NumRecords: w.total, Size: w.offset, Stats: w.stats()}, nil
}

func (w *Writer) finish() error {
	if err := w.endRowGroup(); err != nil {
		return err
	}
	meta := format.FileMetaData{
		Version: 1, Schema: w.layout.elements, NumRows: w.total, RowGroups: w.rowGroups, CreatedBy: w.opts.CreatedBy,
	}
	for range w.layout.leaves {
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return w.emit(append(footer, magic...))
}

// Abort gives the memory of a file that is not to be finished back, for other files to use. It does
// nothing after Close.
func (w *Writer) Abort() {
	w.err = errClosed
	for _, c := range w.chunks {
		c.release()
	}
	w.chunks = nil
}

// match finds the columns of the file in a batch; the caller releases them.
func (w *Writer) match(rec arrow.RecordBatch) ([]arrow.Array, error) {
	index, err := w.columns.find(rec.Schema(), w.layout)
	if err != nil {
		return nil, err
	}
	cols := make([]arrow.Array, 0, len(index))
	for i, n := range w.layout.fields {
		var col arrow.Array
		if index[i] < 0 {
			col = arrowmap.Nulls(n.arrow, int(rec.NumRows()))
		} else {
			col, err = fit(rec.Column(index[i]), n)
		}
		if err != nil {
			return cols, err
		}
		cols = append(cols, col)
	}
	return cols, nil
}

// fit makes a column what the encoders take.
func fit(col arrow.Array, n *node) (arrow.Array, error) {
	if d, ok := col.(*array.Dictionary); ok {
		dt := d.DataType().(*arrow.DictionaryType)
		if dt.IndexType.ID() == arrow.INT32 && arrow.TypeEqual(dt.ValueType, n.arrow) &&
			(dt.ValueType.ID() == arrow.STRING || dt.ValueType.ID() == arrow.BINARY) && d.Dictionary().NullN() == 0 {
			col.Retain()
			return col, nil
		}
	}
	out, err := arrowmap.Cast(context.Background(), col, n.arrow)
	var cast *arrowmap.CastError
	if errors.As(err, &cast) {
		return nil, &arrowmap.CastError{Column: within(n.name, cast.Column), From: cast.From, To: cast.To, Err: cast.Err}
	}
	return out, err
}

func within(name, path string) string {
	if path == "" {
		return name
	}
	return name + "." + path
}
