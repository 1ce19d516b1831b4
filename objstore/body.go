package objstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// Bytes is a Body over b, which must not change until the Put returns.
func Bytes(b []byte) Body {
	return Body{
		Size: int64(len(b)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil },
	}
}

// Stream is a Body of unknown size that can be read one time only.
func Stream(r io.Reader) Body {
	return Body{
		Size: -1,
		Once: true,
		Open: func() (io.ReadCloser, error) {
			if c, ok := r.(io.ReadCloser); ok {
				return c, nil
			}
			return io.NopCloser(r), nil
		},
	}
}

// ReadAll gets a whole object. Errors as Store.Get, or those of reading.
func ReadAll(ctx context.Context, s Store, key string) ([]byte, Info, error) {
	r, info, err := s.Get(ctx, key, Range{})
	if err != nil {
		return nil, info, err
	}
	defer r.Close()
	buf := bytes.NewBuffer(make([]byte, 0, info.Size+bytes.MinRead))
	if _, err := buf.ReadFrom(r); err != nil {
		return nil, info, fmt.Errorf("read %s: %w", key, err)
	}
	return buf.Bytes(), info, nil
}
