package match

import (
	"context"
	"errors"
	"iter"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// DefaultBudget is how many bytes of source rows are kept in memory.
const DefaultBudget = 256 << 20

// Rows of a source are put together to chunks of about so many rows, or bytes.
const (
	chunkRows  = 64 << 10
	chunkBytes = 32 << 20
)

// SourceOptions say how the rows of a source are kept.
type SourceOptions struct {
	// Budget in bytes is what is kept in memory; beyond it rows go to files, in parts of which each is held in memory at its
	// time. 0 is DefaultBudget.
	Budget int64
	// Dir is where those files go; empty is the system's folder for such files.
	Dir string
	// Hash gives a number for each row of a batch, the same for rows of equal keys: these come into one part. 0 is a row that matches
	// nothing and may be in any. Nil: there are no keys.
	Hash func(context.Context, arrow.RecordBatch) ([]uint64, error)
}

// Source keeps the rows of a source until they are matched. One goroutine uses it at a time.
type Source struct {
	schema *arrow.Schema
	o      SourceOptions

	rows         int64
	pending      []arrow.RecordBatch // fewer than a chunk
	pendingRows  int64
	pendingBytes int64
	chunks       []arrow.RecordBatch
	bytes        int64  // of them
	dealt        uint64 // chunks that went to parts without regard to keys
	parts        []*spill
}

// NewSource makes a source of no rows yet.
func NewSource(s *arrow.Schema, o SourceOptions) *Source {
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	return &Source{schema: arrowrows.PlainSchema(s), o: o}
}

// Schema is that of the rows as they come back.
func (s *Source) Schema() *arrow.Schema { return s.schema }

// Len is the number of rows.
func (s *Source) Len() int64 { return s.rows }

// Append takes rows; the batch stays the caller's. Errors: those of the disk and of Hash.
func (s *Source) Append(ctx context.Context, rec arrow.RecordBatch) error {
	if rec.NumRows() == 0 {
		return nil
	}
	flat, err := s.flatten(ctx, rec)
	if err != nil {
		return err
	}
	s.rows += flat.NumRows()
	s.pending = append(s.pending, flat)
	s.pendingRows += flat.NumRows()
	s.pendingBytes += sizeOf(flat)
	if s.pendingRows < chunkRows && s.pendingBytes < chunkBytes {
		return nil
	}
	return s.Seal(ctx)
}

// flatten gives a batch in the source's schema. The caller releases it.
func (s *Source) flatten(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	plain, err := arrowrows.PlainRows(ctx, rec)
	if err != nil {
		return nil, err
	}
	defer plain.Release()
	return array.NewRecordBatch(s.schema, plain.Columns(), rec.NumRows()), nil
}

// Seal makes a chunk of what is pending. After it Spilled holds, where nothing more is appended.
func (s *Source) Seal(ctx context.Context) error {
	if len(s.pending) == 0 {
		return nil
	}
	chunk, err := concatenate(s.schema, s.pending)
	if err != nil {
		return err
	}
	for _, p := range s.pending {
		p.Release()
	}
	s.pending, s.pendingRows, s.pendingBytes = nil, 0, 0
	if s.parts != nil {
		defer chunk.Release()
		return s.spill(ctx, chunk)
	}
	s.chunks = append(s.chunks, chunk)
	if s.bytes += sizeOf(chunk); s.bytes <= s.o.Budget {
		return nil
	}
	return s.overflow(ctx)
}

// sizeOf is how many bytes the buffers of a batch have. What batches share is counted for each.
func sizeOf(rec arrow.RecordBatch) int64 {
	var sum func(arrow.ArrayData) int64
	sum = func(d arrow.ArrayData) int64 {
		n := int64(0)
		for _, b := range d.Buffers() {
			if b != nil {
				n += int64(b.Len())
			}
		}
		for _, c := range d.Children() {
			n += sum(c)
		}
		return n
	}
	n := int64(0)
	for _, c := range rec.Columns() {
		n += sum(c.Data())
	}
	return n
}

func concatenate(schema *arrow.Schema, recs []arrow.RecordBatch) (arrow.RecordBatch, error) {
	if len(recs) == 1 {
		recs[0].Retain()
		return recs[0], nil
	}
	cols := make([]arrow.Array, schema.NumFields())
	defer func() { arrowrows.Release(cols) }()
	rows := int64(0)
	for _, r := range recs {
		rows += r.NumRows()
	}
	for i := range cols {
		parts := make([]arrow.Array, len(recs))
		for j, r := range recs {
			parts[j] = r.Column(i)
		}
		var err error
		if cols[i], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(schema, cols, rows), nil
}

// overflow moves the chunks to files.
func (s *Source) overflow(ctx context.Context) error {
	s.parts = make([]*spill, parts)
	for len(s.chunks) > 0 {
		c := s.chunks[0]
		s.chunks = s.chunks[1:]
		err := s.spill(ctx, c)
		c.Release()
		if err != nil {
			return err
		}
	}
	s.bytes = 0
	return nil
}

// Parts yields all rows, part by part, each of as many files as fit into the budget; the receiver releases each. It may be called more than once, but nothing may be appended after
// it. Rows of equal keys are in one part; where there is no Hash, any are.
func (s *Source) Parts(ctx context.Context) iter.Seq2[*Rows, error] {
	return func(yield func(*Rows, error) bool) {
		if err := s.Seal(ctx); err != nil {
			yield(nil, err)
			return
		}
		if s.parts == nil {
			for _, c := range s.chunks {
				c.Retain()
			}
			yield(newRows(s.schema, s.chunks), nil)
			return
		}
		left := slices.DeleteFunc(slices.Clone(s.parts), func(p *spill) bool { return p == nil })
		for len(left) > 0 {
			n, bytes := 1, left[0].bytes
			for n < len(left) && bytes+left[n].bytes <= s.o.Budget {
				bytes += left[n].bytes
				n++
			}
			rows, err := s.load(ctx, left[:n])
			left = left[n:]
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}
}

// load reads the rows of some files.
func (s *Source) load(ctx context.Context, from []*spill) (*Rows, error) {
	var chunks []arrow.RecordBatch
	for _, p := range from {
		chunk, err := p.load(ctx, s.schema)
		if err != nil {
			for _, c := range chunks {
				c.Release()
			}
			return nil, err
		}
		chunks = append(chunks, chunk)
	}
	return newRows(s.schema, chunks), nil
}

// Spilled says whether rows are on disk; to be asked after Seal.
func (s *Source) Spilled() bool { return s.parts != nil }

// Close gives the rows back and deletes their files.
func (s *Source) Close() error {
	for _, r := range append(s.chunks, s.pending...) {
		r.Release()
	}
	s.chunks, s.pending = nil, nil
	var errs []error
	for _, p := range s.parts {
		if p != nil {
			errs = append(errs, p.close(), os.Remove(p.name))
		}
	}
	s.parts = nil
	return errors.Join(errs...)
}
