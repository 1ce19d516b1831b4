package match

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// parts is over how many files a source is spread that does not fit into memory.
const parts = 64

// spill is a file with the rows of a part of a source.
type spill struct {
	name string
	file *os.File
	buf  *bufio.Writer
	out  *ipc.Writer // nil when nothing more comes
	// bytes is what the rows take in memory.
	bytes int64
}

// spill puts the rows of a chunk into the files of their parts.
func (s *Source) spill(ctx context.Context, chunk arrow.RecordBatch) error {
	var rows [parts][]int32
	var hashes []uint64
	if s.o.Hash != nil {
		var err error
		if hashes, err = s.o.Hash(ctx, chunk); err != nil {
			return err
		}
	}
	s.dealt++
	for i := range int32(chunk.NumRows()) {
		p := s.dealt
		if hashes != nil {
			p = hashes[i] >> 40
			if hashes[i] == 0 { // it matches nothing, wherever it is
				p = uint64(i)
			}
		}
		rows[p%parts] = append(rows[p%parts], i)
	}
	for p, at := range rows {
		if len(at) == 0 {
			continue
		}
		rec, err := arrowrows.Some(ctx, chunk, at)
		if err == nil {
			err = s.put(p, rec)
			rec.Release()
		}
		if err != nil {
			return fmt.Errorf("keep source rows on disk: %w", err)
		}
	}
	return nil
}

func (s *Source) put(part int, rec arrow.RecordBatch) error {
	p := s.parts[part]
	if p == nil {
		f, err := os.CreateTemp(s.o.Dir, "ingestd-source-*.arrow")
		if err != nil {
			return err
		}
		p = &spill{name: f.Name(), file: f, buf: bufio.NewWriterSize(f, 64<<10)}
		p.out = ipc.NewWriter(p.buf, ipc.WithSchema(rec.Schema()))
		s.parts[part] = p
	}
	p.bytes += sizeOf(rec)
	return p.out.Write(rec)
}

// end makes the file whole.
func (p *spill) end() error {
	if p.out == nil {
		return nil
	}
	err := errors.Join(p.out.Close(), p.buf.Flush())
	p.out, p.buf = nil, nil
	return err
}

// load reads the rows as one batch.
func (p *spill) load(ctx context.Context, s *arrow.Schema) (arrow.RecordBatch, error) {
	var recs []arrow.RecordBatch
	defer func() {
		for _, r := range recs {
			r.Release()
		}
	}()
	if err := p.end(); err != nil {
		return nil, err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r, err := ipc.NewReader(bufio.NewReaderSize(p.file, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("source rows on disk: %w", err)
	}
	defer r.Release()
	for r.Next() && ctx.Err() == nil {
		rec := r.RecordBatch()
		rec.Retain()
		recs = append(recs, rec)
	}
	if err := errors.Join(r.Err(), ctx.Err()); err != nil {
		return nil, fmt.Errorf("source rows on disk: %w", err)
	}
	return concatenate(s, recs)
}

func (p *spill) close() error {
	if p.out != nil {
		_ = p.out.Close() // nobody will read it
	}
	return p.file.Close()
}
