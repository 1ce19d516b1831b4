package table

import (
	"context"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/partition"
)

// sliceRows is how many rows go to the encoder between two looks at the size of the file.
const sliceRows = 64 << 10

// slot is a worker's place: one open file per partition value. One goroutine uses it at a time.
type slot struct {
	set    *WriteSet
	files  map[string]*openFile // by fileKey
	budget int64                // bytes that the open files may hold
	held   int64                // bytes that they hold
	clock  int64                // counts writes, to tell which file was used last
	// wrote, where set, is told which rows of a part went to which file, piece by piece.
	wrote func(key string, from, n int64)
}

// fileKey tells partitions apart by their values: the folders of two may be one, where a long name had to be
// cut, and a null's is that of the text that stands for it. Files with hidden columns are others.
func fileKey(columns []string, p partition.Part, hidden hiddenSet) string {
	var key []byte
	if hidden != 0 {
		key = append(key, 2, byte(hidden))
	}
	for _, c := range columns {
		v := p.Values[c]
		if v == nil {
			key = append(key, 0)
			continue
		}
		key = append(binary.AppendUvarint(append(key, 1), uint64(len(*v))), *v...)
	}
	return string(key)
}

// write adds physical rows of t.
func (s *slot) write(ctx context.Context, t *target, rows arrow.RecordBatch) error {
	parts, err := t.split(ctx, rows)
	for _, p := range parts {
		if err == nil {
			err = s.writePart(t, p)
		}
		p.Rec.Release()
	}
	return err
}

func (s *slot) writePart(t *target, p partition.Part) error {
	t, rec, err := s.set.withoutNoSequences(t, p.Rec)
	if err != nil {
		return err
	}
	defer rec.Release()
	p.Rec = rec
	key := fileKey(t.splitter.Columns(), p, t.has)
	for from := int64(0); from < p.Rec.NumRows(); from += sliceRows {
		f, err := s.file(key, t, p)
		if err != nil {
			return err
		}
		piece := p.Rec.NewSlice(from, min(from+sliceRows, p.Rec.NumRows()))
		err = f.write(piece)
		if s.wrote != nil && err == nil {
			s.wrote(f.up.key, from, piece.NumRows())
		}
		piece.Release()
		if err != nil {
			return err
		}
		s.clock++
		f.lastUse = s.clock
		s.held += f.measure()
		if f.size() >= s.set.opts.TargetFileSize {
			err = s.end(key)
		} else {
			err = s.shed(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file is the open file of a partition. One that was begun under another schema is ended first.
func (s *slot) file(key string, t *target, p partition.Part) (*openFile, error) {
	if f := s.files[key]; f != nil {
		if f.target == t {
			return f, nil
		}
		if err := s.end(key); err != nil {
			return nil, err
		}
	}
	f, err := s.set.open(t, p)
	if err != nil {
		return nil, err
	}
	s.files[key] = f
	s.held += f.measure()
	return f, nil
}

// shed ends files until the rest is well within the budget, the biggest first and among equals the one
// not used for longest. The file of keep, which is being written, goes last.
func (s *slot) shed(keep string) error {
	if s.held <= s.budget {
		return nil
	}
	for s.held > s.budget/4*3 && len(s.files) > 0 {
		victim, best := keep, (*openFile)(nil)
		for k, f := range s.files {
			if k != keep && (best == nil || f.held > best.held || f.held == best.held && f.lastUse < best.lastUse) {
				victim, best = k, f
			}
		}
		if err := s.end(victim); err != nil {
			return err
		}
	}
	return nil
}

// end closes one file; its upload goes on.
func (s *slot) end(key string) error {
	f := s.files[key]
	delete(s.files, key)
	s.held -= f.held
	return s.set.end(f)
}

// closeAll ends all files, in any order.
func (s *slot) closeAll() error {
	for key := range s.files {
		if err := s.end(key); err != nil {
			return err
		}
	}
	return nil
}

func (s *slot) abort() {
	for _, f := range s.files {
		f.abort()
	}
	clear(s.files)
}
