package datafile

import (
	"context"
	"fmt"
	"io"

	"github.com/ingestd/ingestd/objstore"
)

// source is where the bytes of a file come from.
type source interface {
	name() string
	// tail reads the last n bytes, or all of a shorter file, and tells the size of the file.
	tail(ctx context.Context, n int64) (b []byte, size int64, err error)
	// read reads n bytes at an offset; fewer are an error.
	read(ctx context.Context, offset, n int64) ([]byte, error)
}

// object is a file in a store.
type object struct {
	store objstore.Store
	key   string
}

func (o *object) name() string { return o.key }

func (o *object) tail(ctx context.Context, n int64) ([]byte, int64, error) {
	r, info, err := o.store.Get(ctx, o.key, objstore.Range{Offset: -n})
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	b := make([]byte, min(n, info.Size))
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, 0, fmt.Errorf("read the end of %s: %w", o.key, err)
	}
	return b, info.Size, nil
}

func (o *object) read(ctx context.Context, offset, n int64) ([]byte, error) {
	b := make([]byte, n)
	if n == 0 {
		return b, nil
	}
	r, _, err := o.store.Get(ctx, o.key, objstore.Range{Offset: offset, Length: n})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("read %d bytes at %d of %s: %w", n, offset, o.key, err)
	}
	return b, nil
}

// local is a file that is at hand.
type local struct {
	r    io.ReaderAt
	size int64
}

func (l *local) name() string { return "" }

func (l *local) tail(ctx context.Context, n int64) ([]byte, int64, error) {
	n = min(n, l.size)
	b, err := l.read(ctx, l.size-n, n)
	return b, l.size, err
}

func (l *local) read(ctx context.Context, offset, n int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if got, err := l.r.ReadAt(b, offset); err != nil && (err != io.EOF || int64(got) < n) {
		return nil, fmt.Errorf("read %d bytes at %d: %w", n, offset, err)
	}
	return b, nil
}
