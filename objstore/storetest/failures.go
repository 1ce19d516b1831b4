package storetest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

var failures = tests{
	"absent objects": func(t *testing.T, s objstore.Store) {
		put(t, s, "folder/file", "x")
		for _, key := range []string{"absent", "folder", "folder/absent", "folder/file/below"} {
			_, err := s.Head(t.Context(), key)
			wantErr(t, err, objstore.ErrNotExist, key, s.URL())
			_, _, err = s.Get(t.Context(), key, objstore.Range{})
			wantErr(t, err, objstore.ErrNotExist, key, s.URL())
			if objstore.IsRetryable(err) {
				t.Errorf("%q: the error says that the same call could succeed", key)
			}
		}
	},
	"invalid keys": func(t *testing.T, s objstore.Store) {
		for _, key := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "a\x00b", "a\xffb", strings.Repeat("k", 1025), ".ingestd-x", "a/.ingestd-probe/b"} {
			_, err := putIf(s, key, "x", objstore.Cond{})
			wantErr(t, err, objstore.ErrKey)
			_, _, err = s.Get(t.Context(), key, objstore.Range{})
			wantErr(t, err, objstore.ErrKey)
			_, err = s.Head(t.Context(), key)
			wantErr(t, err, objstore.ErrKey)
			wantErr(t, s.Delete(t.Context(), key), objstore.ErrKey)
		}
		if got := listKeys(t, s, "", ""); len(got) > 0 {
			t.Errorf("keys: %q", got)
		}
	},
	"an ended context": func(t *testing.T, s objstore.Store) {
		put(t, s, "k", strings.Repeat("x", 1<<20))
		reading, stop := context.WithCancel(t.Context())
		defer stop()
		rc, _, err := s.Get(reading, "k", objstore.Range{})
		if err != nil {
			t.Fatal(err)
		}
		defer rc.Close()
		stop()
		if _, err := io.Copy(io.Discard, rc); !errors.Is(err, context.Canceled) {
			t.Errorf("reading on ended with %v", err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err = s.Get(ctx, "k", objstore.Range{})
		wantErr(t, err, context.Canceled, "k")
		_, err = s.Head(ctx, "k")
		wantErr(t, err, context.Canceled, "k")
		_, err = s.Put(ctx, "new", objstore.Bytes([]byte("x")), objstore.Cond{})
		wantErr(t, err, context.Canceled, "new")
		wantErr(t, s.Delete(ctx, "k"), context.Canceled, "k")
		n := 0
		for _, err := range s.List(ctx, "", "") {
			wantErr(t, err, context.Canceled)
			n++
		}
		if n != 1 {
			t.Errorf("the list yielded %d times", n)
		}
		if got := listKeys(t, s, "", ""); len(got) != 1 {
			t.Errorf("keys: %q", got)
		}
	},
	"the URL holds no more than a place": func(t *testing.T, s objstore.Store) {
		if u := s.URL(); !strings.Contains(u, "://") || strings.Contains(u, "@") {
			t.Errorf("URL %q", u)
		}
	},
}
