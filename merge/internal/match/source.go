package match

import (
	"context"
	"os"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

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
	// Budget in bytes is what is kept in memory; beyond it rows go to a file, in parts of which as many are held in memory at a
	// time as fit. 0 is DefaultBudget.
	Budget int64
	// Memory, where it is not nil, is the account that the source shares with others, instead of a Budget of its own.
	Memory *Memory
	// Dir is where those files go; empty is the system's folder for such files.
	Dir string
	// Hash gives a number for each row of a batch, the same for rows of equal keys: these come into one part. 0 is a row that matches
	// nothing and may be in any. Nil: there are no keys. Where Memory is shared, it is called by whoever needs memory.
	Hash func(context.Context, arrow.RecordBatch) ([]uint64, error)
}

// Source keeps the rows of a source until they are matched. One goroutine uses it at a time; others may make it go to disk, where they share its
// Memory.
type Source struct {
	schema *arrow.Schema
	o      SourceOptions

	mu           sync.Mutex
	rows         int64
	pending      []arrow.RecordBatch // fewer than a chunk
	pendingRows  int64
	pendingBytes int64
	chunks       []arrow.RecordBatch
	held         int64 // of the account, for all of these
	disk         *spill
	err          error // what kept rows from being kept
}

// NewSource makes a source of no rows yet.
func NewSource(s *arrow.Schema, o SourceOptions) *Source {
	if o.Memory == nil {
		o.Memory = NewMemory(o.Budget)
	}
	return &Source{schema: arrowrows.PlainSchema(s), o: o}
}

// Schema is that of the rows as they come back.
func (s *Source) Schema() *arrow.Schema { return s.schema }

// Len is the number of rows.
func (s *Source) Len() int64 { return s.rows }

// Append takes rows; the batch stays the caller's. Errors: those of the disk and of Hash, after which the source is of no use.
func (s *Source) Append(ctx context.Context, rec arrow.RecordBatch) error {
	if rec.NumRows() == 0 {
		return nil
	}
	flat, err := s.flatten(ctx, rec)
	if err != nil {
		return err
	}
	bytes := sizeOf(flat)
	taken := s.o.Memory.take(ctx, bytes) // before the lock: it may have to wait for other sources
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows += flat.NumRows()
	if !taken {
		defer flat.Release()
		if s.overflow(ctx); s.err == nil {
			s.err = s.spill(ctx, flat)
		}
		return s.err
	}
	s.pending = append(s.pending, flat)
	s.pendingRows += flat.NumRows()
	s.pendingBytes += bytes
	s.held += bytes
	s.o.Memory.owns(s, s.held)
	if s.pendingRows >= chunkRows || s.pendingBytes >= chunkBytes {
		s.seal(ctx)
	}
	return s.err
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

// Seal makes a chunk of what is pending. After it Spilled holds, and what is in memory stays there, where nothing more is appended.
// Errors: those of Append, also where other sources needed memory.
func (s *Source) Seal(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seal(ctx)
	s.o.Memory.owns(s, 0)
	return s.err
}

// seal makes a chunk of what is pending; s.mu is held, here and below.
func (s *Source) seal(ctx context.Context) {
	if len(s.pending) == 0 || s.err != nil {
		return
	}
	if s.disk != nil {
		s.overflow(ctx)
		return
	}
	chunk, err := concatenate(s.schema, s.pending)
	if err != nil {
		s.err = err
		return
	}
	bytes := sizeOf(chunk)
	more := bytes - s.pendingBytes
	s.dropPending()
	s.chunks = append(s.chunks, chunk)
	switch {
	case more <= 0:
		s.o.Memory.Give(-more)
	case !s.o.Memory.Take(more):
		s.overflow(ctx)
		return
	}
	s.held += more
	s.o.Memory.owns(s, s.held)
}

func (s *Source) dropPending() {
	for _, p := range s.pending {
		p.Release()
	}
	s.pending, s.pendingRows, s.pendingBytes = nil, 0, 0
}

// evict moves what is in memory to disk, on behalf of another. An error is this source's, not that one's.
func (s *Source) evict(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Memory.mayGo(s) {
		s.overflow(context.WithoutCancel(ctx))
	}
}

// overflow moves what is in memory to disk, and gives its memory back, also where that fails.
func (s *Source) overflow(ctx context.Context) {
	if len(s.pending) > 0 && s.err == nil {
		var chunk arrow.RecordBatch
		if chunk, s.err = concatenate(s.schema, s.pending); s.err == nil {
			s.chunks = append(s.chunks, chunk)
		}
	}
	for _, c := range s.chunks {
		if s.err == nil {
			s.err = s.spill(ctx, c)
		}
		c.Release()
	}
	s.chunks = nil
	s.dropPending()
	s.o.Memory.owns(s, 0)
	s.o.Memory.Give(s.held)
	s.held = 0
}

// Spilled says whether rows are on disk; to be asked after Seal.
func (s *Source) Spilled() bool { return s.disk != nil }

// Close gives the rows back and deletes their file.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.chunks {
		c.Release()
	}
	s.chunks = nil
	s.dropPending()
	s.o.Memory.owns(s, 0)
	s.o.Memory.Give(s.held)
	s.held = 0
	if s.disk == nil {
		return nil
	}
	name := s.disk.name
	s.disk = nil
	return os.Remove(name)
}
