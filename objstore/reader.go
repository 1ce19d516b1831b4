package objstore

import (
	"context"
	"fmt"
	"io"
)

// WithContext is r whose reads fail with the context's error once ctx has ended. It cannot
// interrupt a read that is under way.
func WithContext(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
}

// ExactSize is r that fails with io.ErrUnexpectedEOF when it ends before size bytes, and with an
// error when it goes on after them. A size below 0 takes any length.
func ExactSize(r io.Reader, size int64) io.Reader {
	if size < 0 {
		return r
	}
	var n int64
	return readerFunc(func(p []byte) (int, error) {
		m, err := r.Read(p)
		n += int64(m)
		switch {
		case n > size:
			return m, fmt.Errorf("the body has more than the %d bytes it was said to have", size)
		case err == io.EOF && n < size:
			return m, fmt.Errorf("the body ended after %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
		}
		return m, err
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
