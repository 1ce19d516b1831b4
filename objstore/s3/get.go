package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// Get implements objstore.Store. The body is taken up again where it breaks off.
func (s *Store) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	name, err := s.name(ctx, key)
	if err == nil && r.Offset >= 0 && r.Length < 0 {
		err = objstore.ErrRange
	}
	if err != nil {
		return nil, objstore.Info{}, s.opError("get", key, err, false)
	}
	b, err := s.open(ctx, name, r, "")
	if err == nil {
		return &reader{s: s, ctx: ctx, key: key, name: name, body: b, next: b.off, left: b.n}, infoOf(key, b.info), nil
	}
	// The server finds nothing in the range: that is an error, but not for "the first n bytes" and
	// "the last n bytes" of an empty object, nor (on some servers) for a suffix longer than the object.
	if errors.Is(s.classify(err).sentinel, objstore.ErrRange) && r.Offset <= 0 {
		return s.getBySize(ctx, key, name, r)
	}
	return nil, objstore.Info{}, s.fail("get", key, err)
}

// getBySize asks for the size and then for the range that results.
func (s *Store) getBySize(ctx context.Context, key, name string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	o, err := s.stat(ctx, name)
	if err != nil {
		return nil, objstore.Info{}, s.fail("get", key, err)
	}
	off, n, err := r.Resolve(o.Size)
	if err != nil {
		return nil, objstore.Info{}, s.opError("get", key, err, false)
	}
	rd := &reader{s: s, ctx: ctx, key: key, name: name, next: off, left: n}
	if n > 0 {
		if rd.body, err = s.open(ctx, name, objstore.Range{Offset: off, Length: n}, o.ETag); err != nil {
			return nil, objstore.Info{}, s.fail("get", key, err)
		}
	}
	return rd, infoOf(key, o), nil
}

// body is the answer to one get request.
type body struct {
	io.ReadCloser
	*watch
	info   minio.ObjectInfo // of the whole object
	off, n int64            // what of it this is
}

func (b *body) Read(p []byte) (int, error) {
	b.busy()
	n, err := b.ReadCloser.Read(p)
	b.idle()
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, b.explain(err)
}

func (b *body) Close() error {
	b.stop()
	return b.ReadCloser.Close()
}

// open gets the range, with retries. With a tag, only of the object that has it.
func (s *Store) open(ctx context.Context, name string, r objstore.Range, tag string) (b *body, err error) {
	err = s.retryBare(ctx, func() (err error) {
		b, err = s.openOnce(ctx, name, r, tag)
		return err
	})
	return b, err
}

func (s *Store) openOnce(ctx context.Context, name string, r objstore.Range, tag string) (*body, error) {
	var o minio.GetObjectOptions
	switch {
	case r.Offset < 0:
		o.Set("Range", fmt.Sprintf("bytes=%d", r.Offset))
	case r.Length > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
	case r.Offset > 0:
		o.Set("Range", fmt.Sprintf("bytes=%d-", r.Offset))
	}
	if tag != "" {
		if err := o.SetMatchETag(tag); err != nil {
			return nil, err
		}
	}
	w := newWatch(ctx, s.opts.AttemptTimeout)
	rc, info, header, err := s.core.GetObject(w.ctx, s.bucket, name, o)
	w.idle()
	if err != nil {
		w.stop()
		return nil, w.explain(err)
	}
	b := &body{ReadCloser: rc, watch: w, info: info, n: info.Size}
	if err := b.place(r, header, tag); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// errChanged: the object is no longer the one of which the first part was read.
var errChanged = errors.New("the object was replaced while it was read")

// place finds out which bytes of which object the server sent.
func (b *body) place(r objstore.Range, h http.Header, tag string) error {
	if tag != "" && b.info.ETag != tag { // servers exist that ignore If-Match
		return errChanged
	}
	if b.info.Size < 0 {
		return fmt.Errorf("%w: the server does not say how long the object is", objstore.ErrNotSupported)
	}
	if r == (objstore.Range{}) {
		return nil
	}
	var last, total int64
	if _, err := fmt.Sscanf(h.Get("Content-Range"), "bytes %d-%d/%d", &b.off, &last, &total); err != nil {
		return fmt.Errorf("%w: the server does not answer ranges (Content-Range %q)", objstore.ErrNotSupported, h.Get("Content-Range"))
	}
	b.n, b.info.Size = last-b.off+1, total
	return nil
}

// reader reads a range through as many requests as it takes.
type reader struct {
	s         *Store
	ctx       context.Context //nolint:containedctx // of the Get
	key, name string
	body      *body // nil: none open
	next      int64 // offset in the object
	left      int64 // bytes
	tag       string
	failures  int // since the last byte
	closed    bool
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for {
		switch {
		case r.closed:
			return 0, r.s.opError("get", r.key, errors.New("read after close"), false)
		case r.ctx.Err() != nil:
			return 0, r.s.opError("get", r.key, r.ctx.Err(), false)
		case r.left == 0:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		if r.body == nil {
			if err := r.reopen(); err != nil {
				return 0, err
			}
		}
		n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
		r.next += int64(n)
		r.left -= int64(n)
		if err != nil {
			r.drop()
		}
		if n > 0 {
			r.failures = 0
			return n, nil
		}
		if err == nil {
			continue
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if r.failures++; r.failures >= r.s.opts.MaxAttempts {
			return 0, r.s.opError("get", r.key, fmt.Errorf("the body breaks off at byte %d each time: %w", r.next, err), true)
		}
		if r.s.backoff(r.ctx, r.failures) != nil {
			continue // ctx has ended, which the loop reports
		}
	}
}

// drop gives up the open body; what it says of the object is kept for the next.
func (r *reader) drop() {
	r.tag = r.body.info.ETag
	_ = r.body.Close()
	r.body = nil
}

func (r *reader) reopen() (err error) {
	r.body, err = r.s.open(r.ctx, r.name, objstore.Range{Offset: r.next, Length: r.left}, r.tag)
	if err == nil {
		return nil
	}
	if errors.Is(err, errChanged) || errors.Is(r.s.classify(err).sentinel, objstore.ErrPrecondition) {
		return r.s.opError("get", r.key, errChanged, true) // read from the start it could succeed
	}
	return r.s.fail("get", r.key, err)
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.body != nil {
		r.drop()
	}
	r.closed = true
	return nil
}
