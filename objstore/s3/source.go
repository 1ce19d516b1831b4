package s3

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// source cuts a body into parts, in buffers that are used again.
type source struct {
	s     *Store
	r     io.Reader
	ahead []byte // a part that was read already
	count int    // of parts so far
	ended bool
}

// part returns the next part: PartSize bytes, fewer for the last; then io.EOF. An empty body has
// one empty part.
func (c *source) part() ([]byte, error) {
	if c.ahead != nil {
		p := c.ahead
		c.ahead = nil
		return p, nil
	}
	if c.ended {
		return nil, io.EOF
	}
	buf := (*c.s.parts.Get().(*[]byte))[:0]
	size := int(c.s.opts.PartSize)
	for len(buf) < size {
		if len(buf) == cap(buf) { // a small body must not cost a whole part of memory
			buf = append(make([]byte, 0, min(size, max(2*cap(buf), 64<<10))), buf...)
		}
		n, err := c.r.Read(buf[len(buf):min(cap(buf), size)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			c.ended = true
			if len(buf) == 0 && c.count > 0 { // the one before was full
				c.release(buf)
				return nil, io.EOF
			}
			break
		}
		if err != nil {
			c.release(buf)
			return nil, err
		}
	}
	c.count++
	return buf, nil
}

// release gives a buffer back, and with nil the one read ahead.
func (c *source) release(buf []byte) {
	if buf == nil {
		buf, c.ahead = c.ahead, nil
	}
	if int64(cap(buf)) >= c.s.opts.PartSize {
		c.s.parts.Put(&buf)
	}
}

// lease lends a buffer to one request. net/http may go on reading a request's body after it has
// returned; after end it gets nothing more, so the buffer can be used again.
type lease struct {
	mu sync.Mutex
	r  *bytes.Reader // nil: ended
}

func newLease(b []byte) *lease { return &lease{r: bytes.NewReader(b)} }

var errLease = errors.New("the request has ended")

// Read implements io.Reader.
func (l *lease) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.r == nil {
		return 0, errLease
	}
	return l.r.Read(p)
}

func (l *lease) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r = nil
}
