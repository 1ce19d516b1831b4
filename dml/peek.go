package dml

import (
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
)

// peek looks at the schema of the first batch, and gives the sequence with that batch in it, and what ends it.
func peek(in iter.Seq2[arrow.RecordBatch, error]) (s *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error], end func(), err error) {
	next, stop := iter.Pull2(in)
	first, err, ok := next()
	switch {
	case !ok:
		stop()
		return nil, nil, nil, &OptionsError{"overwriteSchema needs rows, or a batch without rows, to take the schema from"}
	case err != nil:
		stop()
		return nil, nil, nil, err
	}
	used := false
	end = func() {
		stop()
		if !used {
			first.Release()
		}
	}
	return first.Schema(), func(yield func(arrow.RecordBatch, error) bool) {
		if used { // taken again: a sequence that can be replayed begins anew
			in(yield)
			return
		}
		used = true
		defer stop()
		for rec, err := first, error(nil); ; {
			if !yield(rec, err) || err != nil {
				return
			}
			var ok bool
			if rec, err, ok = next(); !ok {
				return
			}
		}
	}, end, nil
}
