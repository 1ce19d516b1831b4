package objstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestCheckKey(t *testing.T) {
	for _, key := range []string{"a", "a/b", "...", ".a", "a b", "%2F", "日本", ".ingestdx", strings.Repeat("k", MaxKeyLen)} {
		if err := CheckKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, key := range []string{"", "/", "a/", "/a", "a//b", ".", "a/..", "../a", "a\x00", "\xff", ".ingestd-a", "a/.ingestd-", strings.Repeat("k", MaxKeyLen+1)} {
		if err := CheckKey(key); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// Resolve agrees with cutting the bytes one by one.
func TestRangeResolve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(0, 20).Draw(t, "size")
		r := Range{rapid.Int64Range(-25, 25).Draw(t, "offset"), rapid.Int64Range(-2, 25).Draw(t, "length")}
		var want []int64
		for i := range size {
			if r.Offset < 0 && i >= size+r.Offset || r.Offset >= 0 && i >= r.Offset && (r.Length == 0 || i < r.Offset+r.Length) {
				want = append(want, i)
			}
		}
		off, n, err := r.Resolve(size)
		bad := r.Offset >= 0 && (r.Length < 0 || r.Offset > 0 && r.Offset >= size)
		switch {
		case bad != errors.Is(err, ErrRange):
			t.Fatalf("%v of %d: %v", r, size, err)
		case !bad && n != int64(len(want)), n > 0 && off != want[0]:
			t.Fatalf("%v of %d: %d+%d, want %v", r, size, off, n, want)
		}
	})
}

func TestRangeIsSpelled(t *testing.T) {
	for want, r := range map[string]Range{"the last 8 bytes": {Offset: -8}, "bytes from 0": {}, "bytes 10 to 19": {10, 10}} {
		if r.String() != want {
			t.Errorf("got %q, want %q", r, want)
		}
	}
}

func TestOpError(t *testing.T) {
	err := fmt.Errorf("commit: %w", &OpError{Op: "put", Key: "a/b", Store: "s3://bucket/", Err: ErrPrecondition, Retry: true})
	if want := "commit: put s3://bucket/a/b: precondition failed"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if !errors.Is(err, ErrPrecondition) || !IsRetryable(err) || IsRetryable(ErrPrecondition) || IsRetryable(nil) {
		t.Error("the error does not tell what it is")
	}
}

func TestExactSize(t *testing.T) {
	for said, want := range map[int64]error{-1: nil, 5: nil, 6: io.ErrUnexpectedEOF} {
		b, err := io.ReadAll(ExactSize(iotest.OneByteReader(strings.NewReader("12345")), said))
		if !errors.Is(err, want) || string(b) != "12345" {
			t.Errorf("%d: %q, %v", said, b, err)
		}
	}
	if _, err := io.ReadAll(ExactSize(bytes.NewReader([]byte("12345")), 4)); err == nil {
		t.Error("more than said was taken")
	}
}

func TestWithContextStopsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := WithContext(ctx, strings.NewReader("12"))
	if n, err := r.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Error(n, err)
	}
	cancel()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBodies(t *testing.T) {
	closed := false
	once := Stream(closer{strings.NewReader("x"), &closed})
	if !once.Once || once.Size != -1 {
		t.Errorf("%+v", once)
	}
	rc, err := once.Open()
	if err != nil || rc.Close() != nil || !closed {
		t.Error("the stream's own Close was not called", err)
	}
	twice := Bytes([]byte("abc"))
	for range 2 {
		rc, err := twice.Open()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(rc); string(b) != "abc" || twice.Size != 3 {
			t.Error(b, err)
		}
	}
}

type closer struct {
	io.Reader
	closed *bool
}

func (c closer) Close() error { *c.closed = true; return nil }
