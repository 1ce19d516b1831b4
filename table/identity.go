package table

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/txlog/schema"
)

// IdentityColumnError says that rows bring values for an identity column that makes its own.
type IdentityColumnError struct{ Column string }

func (e *IdentityColumnError) Error() string {
	return fmt.Sprintf("column %s is GENERATED ALWAYS AS IDENTITY and the data has values for it: leave it out of the data", e.Column)
}

// IdentityOverflowError says that an identity column has no values left.
type IdentityOverflowError struct {
	Column string
	Step   int64
	Last   *int64 // the last value given; nil where there is none yet
}

func (e *IdentityOverflowError) Error() string {
	last := "none"
	if e.Last != nil {
		last = fmt.Sprint(*e.Last)
	}
	return fmt.Sprintf("identity column %s has no values left: the last one is %s and the next ones, in steps of %d, are outside of BIGINT", e.Column, last, e.Step)
}

// Retryable says no.
func (e *IdentityOverflowError) Retryable() bool { return false }

// sequence gives the values of an identity column to all slots of a write: each value once. It is safe for
// concurrent use.
type sequence struct {
	column string
	step   int64
	base   *int64 // the high-water mark of the table that it goes on from

	mu   sync.Mutex
	next int64
	done bool  // no values are left
	last int64 // given by this write
	some bool  // there is a last one
}

// newSequence goes on after the high-water mark, at a value that is start and a whole number of steps.
func newSequence(column string, id schema.Identity) *sequence {
	s := &sequence{column: column, step: id.Step, base: id.HighWater, next: id.Start}
	if id.HighWater == nil || id.Step > 0 && *id.HighWater < id.Start || id.Step < 0 && *id.HighWater > id.Start {
		return s
	}
	// The distance fits in an unsigned integer: both are on the same side of start.
	away, step := uint64(*id.HighWater-id.Start), uint64(id.Step)
	if id.Step < 0 {
		away, step = uint64(id.Start-*id.HighWater), uint64(-id.Step)
	}
	over, steps := bits.Add64(away/step, 1, 0)
	s.next, s.done = id.Start, steps != 0
	if !s.done {
		s.advance(over)
	}
	return s
}

// advance moves next by a number of steps, or says that there are no more values.
func (s *sequence) advance(steps uint64) {
	step := uint64(s.step)
	if s.step < 0 {
		step = uint64(-s.step)
	}
	hi, lo := bits.Mul64(steps, step)
	room := uint64(math.MaxInt64) - uint64(s.next) // to the end of the range, as an unsigned distance
	if s.step < 0 {
		room = uint64(s.next) + 1<<63
	}
	switch {
	case hi != 0 || lo > room:
		s.done = true
	case s.step > 0:
		s.next = int64(uint64(s.next) + lo)
	default:
		s.next = int64(uint64(s.next) - lo)
	}
}

// take gives n values in order. Error: *IdentityOverflowError.
func (s *sequence) take(n int) (arrow.Array, error) {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		if s.done {
			last := s.base
			if s.some {
				last = new(s.last)
			}
			return nil, &IdentityOverflowError{Column: s.column, Step: s.step, Last: last}
		}
		b.UnsafeAppend(s.next)
		s.last, s.some = s.next, true
		s.advance(1)
	}
	return b.NewArray(), nil
}

// given is the last value that the write has given; nil where it has given none.
func (s *sequence) given() *int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.some {
		return nil
	}
	return new(s.last)
}

// sequenced fills in an identity column.
type sequenced struct {
	column int
	seq    *sequence
}

func (n sequenced) fill(_ context.Context, cols []arrow.Array, rows int64) error {
	col, err := n.seq.take(int(rows))
	if err != nil {
		return err
	}
	cols[n.column].Release()
	cols[n.column] = col
	return nil
}

// identity has a column filled in where it is missing, and refuses values of rows where it does not allow them. Rows that
// only move keep theirs.
func (w *WriteSet) identity(b *binding, column int, f *schema.Field, missing bool, kind rowKind) error {
	id, _ := f.Identity()
	if !missing {
		if !id.AllowExplicit && kind != keptRows {
			return &IdentityColumnError{Column: f.Name}
		}
		return nil
	}
	key := schema.Fold(f.Name)
	seq := w.sequences[key]
	if seq == nil {
		if w.sequences == nil {
			w.sequences = map[string]*sequence{}
		}
		seq = newSequence(f.Name, id)
		w.sequences[key] = seq
	}
	b.fill = append(b.fill, sequenced{column: column, seq: seq})
	return nil
}
