package match

import (
	"context"
	"iter"
)

// Parts yields all rows, part by part, each of as much of what is on disk as fits into memory; the receiver releases each before it asks for the
// next, and is in no other such loop over sources of the same Memory, for one could wait for the other. It may be called more than once, but
// nothing may be appended after it. Rows of equal keys are in one part; where there is no Hash, any are.
// Errors: those of Seal and of the disk.
func (s *Source) Parts(ctx context.Context) iter.Seq2[*Rows, error] {
	return func(yield func(*Rows, error) bool) {
		if err := s.Seal(ctx); err != nil {
			yield(nil, err)
			return
		}
		if s.disk == nil {
			for _, c := range s.chunks {
				c.Retain()
			}
			yield(newRows(s.schema, s.chunks), nil)
			return
		}
		var left []int
		for p, pieces := range s.disk.pieces {
			if len(pieces) > 0 {
				left = append(left, p)
			}
		}
		for len(left) > 0 {
			n, bytes, err := s.room(ctx, left)
			if err != nil {
				yield(nil, err)
				return
			}
			rows, err := s.disk.load(ctx, s.schema, left[:n])
			left = left[n:]
			more := yield(rows, err)
			s.o.Memory.Give(bytes)
			if !more || err != nil {
				return
			}
		}
	}
}

// readShare is the share of the account for which others go to disk, so that parts are read together: each costs a pass over the table.
const readShare = 4

// room takes memory for the first of some parts, and for those after it that fit, too. It says for how many, and how much.
func (s *Source) room(ctx context.Context, left []int) (n int, bytes int64, err error) {
	m := s.o.Memory
	bytes = s.disk.bytes[left[0]]
	if err := m.await(ctx, bytes); err != nil {
		return 0, 0, err
	}
	for n = 1; n < len(left); n++ {
		next := s.disk.bytes[left[n]]
		if !m.Take(next) && (bytes+next > m.limit/readShare || !m.take(ctx, next)) {
			break
		}
		bytes += next
	}
	return n, bytes, nil
}
