package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/ingestd/ingestd/objstore"
	"github.com/parquet-go/parquet-go"
)

const (
	wholeSize  = 8 << 20 // files up to this size are got at once
	blockSize  = 1 << 20
	keptBlocks = 24
)

// source is an object as an io.ReaderAt, for one reading of it; it therefore holds the context.
// Large objects are got in blocks, of which the last few are kept.
type source struct {
	ctx   context.Context //nolint:containedctx // io.ReaderAt has none
	store objstore.Store
	key   string
	size  int64
	block int64 // size of one

	mu     sync.Mutex
	etag   objstore.ETag // of the first block
	blocks map[int64][]byte
	order  []int64 // of arrival
	failed error   // the first error of the store, to be told from corruption
}

func newSource(ctx context.Context, store objstore.Store, f objstore.Info) *source {
	s := &source{ctx: ctx, store: store, key: f.Key, size: f.Size, block: blockSize, blocks: map[int64][]byte{}}
	if s.size <= wholeSize {
		s.block = wholeSize
	}
	return s
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && off < s.size {
		b, err := s.get(off / s.block)
		if err != nil {
			return n, err
		}
		from := off % s.block
		if from >= int64(len(b)) {
			return n, io.ErrUnexpectedEOF
		}
		c := copy(p[n:], b[from:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *source) get(i int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.blocks[i]; ok {
		return b, nil
	}
	b, err := s.fetch(i)
	if err != nil {
		if s.failed == nil && !errors.Is(err, errReplaced) {
			s.failed = err
		}
		return nil, err
	}
	if len(s.order) == keptBlocks {
		delete(s.blocks, s.order[0])
		s.order = s.order[1:]
	}
	s.blocks[i], s.order = b, append(s.order, i)
	return b, nil
}

// errReplaced: another writer has put another file in the place of the one that was listed, or of the one that
// the blocks so far are of. For a reader of the listed one it is damaged; the new one must be found anew.
var errReplaced = errors.New("it was replaced by another since it was found")

func (s *source) fetch(i int64) ([]byte, error) {
	r := objstore.Range{Offset: i * s.block, Length: min(s.block, s.size-i*s.block)}
	body, info, err := s.store.Get(s.ctx, s.key, r)
	if errors.Is(err, objstore.ErrRange) {
		return nil, fmt.Errorf("%w: %w", errReplaced, err)
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if len(s.blocks) == 0 && s.etag == "" {
		s.etag = info.ETag
	}
	if info.Size != s.size || info.ETag != s.etag {
		return nil, errReplaced
	}
	b := make([]byte, r.Length)
	n, err := io.ReadFull(body, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) { // shorter than was said: the reader above will notice
		err = nil
	}
	return b[:n], err
}

// readParquet opens a Parquet file and gives it to read. Whatever goes wrong is either the store's
// error or a *CorruptError, panics of the decoder included.
func readParquet(ctx context.Context, store objstore.Store, f objstore.Info, read func(*parquet.File) error) (err error) {
	if f.Size <= 0 { // not told by who named it
		info, err := store.Head(ctx, f.Key)
		if err != nil {
			return err
		}
		f = info
	}
	src := newSource(ctx, store, f)
	var stopped error // what read returned of its own
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		switch {
		case err == nil, errors.Is(err, errStopped):
		case src.failed != nil:
			err = fmt.Errorf("read %s: %w", f.Key, src.failed)
		case ctx.Err() != nil:
			err = ctx.Err()
		case stopped != nil && errors.As(err, new(*userError)):
			err = errors.Unwrap(err)
		default:
			err = &CorruptError{f.Key, err}
		}
	}()
	if err := checkFooter(src); err != nil {
		return err
	}
	file, err := parquet.OpenFile(src, f.Size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(int(min(256<<10, f.Size))))
	if err != nil {
		return err
	}
	stopped = read(file)
	return stopped
}

// errStopped ends a reading that the consumer has had enough of.
var errStopped = errors.New("stopped")

// userError marks an error that comes from the consumer, not from the file.
type userError struct{ err error }

func (e *userError) Error() string { return e.err.Error() }
func (e *userError) Unwrap() error { return e.err }
