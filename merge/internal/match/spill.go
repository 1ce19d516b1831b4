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

// parts is in how many a source is dealt that does not fit into memory.
const parts = 64

// spill is a file with the rows of a source: of each chunk a piece for each part. It is open only while it is written or read, for there may
// be many sources.
type spill struct {
	name   string
	pieces [parts][]piece
	bytes  [parts]int64 // what the rows of a part take in memory
	dealt  uint64       // chunks that went to parts without regard to keys
}

// piece is a place in the file, of an Arrow stream.
type piece struct{ at, length int64 }

// spill puts the rows of a chunk into their parts.
func (s *Source) spill(ctx context.Context, chunk arrow.RecordBatch) error {
	if s.disk == nil {
		f, err := os.CreateTemp(s.o.Dir, "ingestd-source-*.arrow")
		if err != nil {
			return fmt.Errorf("keep source rows on disk: %w", err)
		}
		s.disk = &spill{name: f.Name()}
		if err := f.Close(); err != nil {
			return fmt.Errorf("keep source rows on disk: %w", err)
		}
	}
	var hashes []uint64
	if s.o.Hash != nil {
		var err error
		if hashes, err = s.o.Hash(ctx, chunk); err != nil {
			return err
		}
	}
	if err := s.disk.write(ctx, chunk, s.disk.deal(hashes, int(chunk.NumRows()))); err != nil {
		return fmt.Errorf("keep source rows on disk: %w", err)
	}
	return nil
}

// deal says which of so many rows come into which part.
func (p *spill) deal(hashes []uint64, n int) (rows [parts][]int32) {
	p.dealt++
	for i := range n {
		to := p.dealt
		if hashes != nil {
			to = hashes[i] >> 40
			if hashes[i] == 0 { // it matches nothing, wherever it is
				to = uint64(i)
			}
		}
		rows[to%parts] = append(rows[to%parts], int32(i))
	}
	return rows
}

// write adds the rows of a chunk to the file.
func (p *spill) write(ctx context.Context, chunk arrow.RecordBatch, rows [parts][]int32) (err error) {
	f, err := os.OpenFile(p.name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	out := &counted{to: bufio.NewWriterSize(f, 64<<10), n: at}
	for part, which := range rows {
		if len(which) == 0 {
			continue
		}
		rec, err := arrowrows.Some(ctx, chunk, which)
		if err != nil {
			return err
		}
		from := out.n
		w := ipc.NewWriter(out, ipc.WithSchema(rec.Schema()))
		err = errors.Join(w.Write(rec), w.Close())
		p.bytes[part] += sizeOf(rec)
		rec.Release()
		if err != nil {
			return err
		}
		p.pieces[part] = append(p.pieces[part], piece{from, out.n - from})
	}
	return out.to.Flush()
}

// counted counts what is written.
type counted struct {
	to *bufio.Writer
	n  int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err
}

// load reads the rows of some parts, each as one chunk.
func (p *spill) load(ctx context.Context, s *arrow.Schema, which []int) (_ *Rows, err error) {
	f, err := os.Open(p.name)
	if err != nil {
		return nil, fmt.Errorf("source rows on disk: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var chunks []arrow.RecordBatch
	for _, part := range which {
		chunk, err := p.part(ctx, f, s, part)
		if err != nil {
			for _, c := range chunks {
				c.Release()
			}
			return nil, fmt.Errorf("source rows on disk: %w", err)
		}
		chunks = append(chunks, chunk)
	}
	return newRows(s, chunks), nil
}

// part reads the rows of a part as one batch.
func (p *spill) part(ctx context.Context, f *os.File, s *arrow.Schema, part int) (arrow.RecordBatch, error) {
	var recs []arrow.RecordBatch
	defer func() {
		for _, r := range recs {
			r.Release()
		}
	}()
	for _, at := range p.pieces[part] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := ipc.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, at.at, at.length), 64<<10))
		if err != nil {
			return nil, err
		}
		for r.Next() {
			rec := r.RecordBatch()
			rec.Retain()
			recs = append(recs, rec)
		}
		r.Release()
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return concatenate(s, recs)
}
