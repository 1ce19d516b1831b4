package datafile

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/ingestd/ingestd/table/arrowmap"
)

// rowGroup yields wanted rows of a row group. Positions, in and out, are counted in it.
func (s *scan) rowGroup(ctx context.Context, g int, want []Range) iter.Seq2[Rows, error] {
	if len(s.columns) == 0 {
		return s.onlyNulls(want)
	}
	return func(yield func(Rows, error) bool) {
		chunks := make([]extent, len(s.columns))
		for i, c := range s.columns {
			start, end := chunkRange(&s.r.meta.RowGroups[g].Columns[c].MetaData)
			chunks[i] = extent{start, end}
		}
		if err := s.windows.load(chunks); err != nil {
			yield(Rows{}, err)
			return
		}
		d, err := s.newDecoder(ctx, g, want)
		if err != nil {
			yield(Rows{}, s.explain(ctx, err))
			return
		}
		defer d.release()
		for _, r := range want {
			for at := r.From; at < r.To; at += s.rows {
				rec, err := d.batch(ctx, Range{at, min(at+s.rows, r.To)})
				if !yield(Rows{rec, at}, err) || err != nil {
					return
				}
			}
		}
	}
}

// decoder decodes a row group, or the pages of it that are wanted. Each field has its own place in it.
type decoder struct {
	s      *scan
	schema *arrow.Schema
	fields []*fieldReader
}

// fieldReader reads a top-level column.
type fieldReader struct {
	*pqarrow.ColumnReader
	left []Range // rows that are still to come
}

// newDecoder chooses whether all pages are read: telling them apart costs little, but for nothing where most are wanted.
func (s *scan) newDecoder(ctx context.Context, g int, want []Range) (*decoder, error) {
	n := s.r.meta.RowGroups[g].NumRows
	from := s.arrow
	have := make([][]Range, len(s.fields))
	for i := range have {
		have[i] = []Range{{0, n}}
	}
	d := &decoder{s: s}
	return d, guard(func() error {
		if count(want) <= n/4*3 {
			fr, rows, err := s.cutRowGroup(g, want)
			if s.windows.err != nil {
				return s.windows.err
			}
			if err == nil { // else Arrow's reader may say what is wrong
				from, have, g = fr, rows, 0
			}
		}
		readers, schema, err := from.GetFieldReaders(ctx, s.columns, []int{g})
		if err != nil {
			return err
		}
		d.schema = schema
		for i, r := range readers {
			d.fields = append(d.fields, &fieldReader{r, have[i]})
		}
		return nil
	})
}

func (d *decoder) release() {
	for _, f := range d.fields {
		f.Release()
	}
}

// batch gives rows, which must come after those that it gave before.
func (d *decoder) batch(ctx context.Context, rows Range) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cols := make([]arrow.Array, 0, len(d.fields))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	err := guard(func() error {
		for _, f := range d.fields {
			if err := f.skipTo(rows.From, d.s.rows); err != nil {
				return err
			}
			c, err := f.next(rows.rows())
			if err != nil {
				return err
			}
			cols = append(cols, c)
		}
		return nil
	})
	if err != nil {
		return nil, d.s.explain(ctx, err)
	}
	rec := array.NewRecordBatch(d.schema, cols, rows.rows())
	defer rec.Release()
	named := arrowmap.Logical(rec, d.s.schema, d.s.mapping)
	defer named.Release()
	return arrowmap.Conform(ctx, named, d.s.target)
}

// skipTo reads over the rows before a position, few at a time.
func (f *fieldReader) skipTo(row, step int64) error {
	for len(f.left) > 0 && f.left[0].From < row {
		n := min(f.left[0].To, row, f.left[0].From+step) - f.left[0].From
		c, err := f.next(n)
		if err != nil {
			return err
		}
		c.Release()
	}
	return nil
}

// next gives the next n rows, which follow each other.
func (f *fieldReader) next(n int64) (arrow.Array, error) {
	chunks, err := f.NextBatch(n)
	if err != nil {
		return nil, err
	}
	defer chunks.Release()
	if int64(chunks.Len()) != n {
		return nil, fmt.Errorf("column %s has %d rows where %d are due", f.Field().Name, chunks.Len(), n)
	}
	if f.left[0].From += n; f.left[0].From == f.left[0].To {
		f.left = f.left[1:]
	}
	if len(chunks.Chunks()) == 1 {
		c := chunks.Chunk(0)
		c.Retain()
		return c, nil
	}
	return array.Concatenate(chunks.Chunks(), memory.DefaultAllocator)
}

// onlyNulls gives rows of a file that has none of the wanted columns.
func (s *scan) onlyNulls(want []Range) iter.Seq2[Rows, error] {
	return func(yield func(Rows, error) bool) {
		for _, r := range want {
			for at := r.From; at < r.To; at += s.rows {
				n := min(s.rows, r.To-at)
				cols := make([]arrow.Array, s.target.NumFields())
				for i, f := range s.target.Fields() {
					cols[i] = arrowmap.Nulls(f.Type, int(n))
				}
				rec := array.NewRecordBatch(s.target, cols, n)
				for _, c := range cols {
					c.Release()
				}
				if !yield(Rows{rec, at}, nil) {
					return
				}
			}
		}
	}
}
