package table

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
)

// putStore is a store whose puts a test watches.
type putStore struct {
	objstore.Store
	put func(ctx context.Context, key string, b objstore.Body) error
}

func (s putStore) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if err := s.put(ctx, key, b); err != nil {
		return objstore.Info{}, err
	}
	return s.Store.Put(ctx, key, b, c)
}

func TestUploadKeepsEveryByteWhateverTheSize(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, size := range []int{0, 1, streamAfter - 1, streamAfter, streamAfter + 1, 3*streamAfter + 12345} {
		content := make([]byte, size)
		r.Read(content)
		inner := mem.New()
		streamed := false
		store := putStore{inner, func(_ context.Context, _ string, b objstore.Body) error { streamed = b.Once; return nil }}
		u := newUpload(t.Context(), store, "dir/f")
		for rest := content; len(rest) > 0; {
			n := min(len(rest), 1+r.Intn(300_000))
			if _, err := u.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := u.finish(); err != nil {
			t.Fatal(err)
		}
		got, _, err := objstore.ReadAll(t.Context(), inner, "dir/f")
		if err != nil || !bytes.Equal(got, content) || u.size != int64(size) {
			t.Errorf("size %d: stored %d bytes, %v", size, len(got), err)
		}
		if streamed != (size >= streamAfter) {
			t.Errorf("size %d: streamed is %v", size, streamed)
		}
	}
}

func TestUploadWaitsForAStoreThatIsBehind(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	store := putStore{mem.New(), func(ctx context.Context, _ string, _ objstore.Body) error {
		<-ctx.Done() // reads nothing
		return ctx.Err()
	}}
	u := newUpload(ctx, store, "f")
	for size := streamAfter; size > 0; size -= chunkSize {
		if _, err := u.Write(make([]byte, chunkSize)); err != nil {
			t.Fatal(err)
		}
	}
	for range chunksInFlight - 1 {
		if _, err := u.Write(make([]byte, chunkSize)); err != nil {
			t.Fatal(err)
		}
	}
	reason := errors.New("enough")
	cancel(reason)
	if _, err := u.Write(make([]byte, chunkSize)); !errors.Is(err, reason) {
		t.Errorf("with all buffers full a write gave %v, want that it waits until it is ended", err)
	}
	if held := u.held(); held > (chunksInFlight+2)*chunkSize {
		t.Errorf("%d bytes are held", held)
	}
	u.abort()
}

func TestUploadGivesTheStoresReason(t *testing.T) {
	full := errors.New("disk full")
	for name, put := range map[string]func(context.Context, string, objstore.Body) error{
		"at once": func(context.Context, string, objstore.Body) error { return full },
		"in the middle": func(_ context.Context, _ string, b objstore.Body) error {
			r, err := b.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			if _, err := io.CopyN(io.Discard, r, 100); err != nil {
				return err
			}
			return full
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpload(t.Context(), putStore{mem.New(), put}, "f")
			var err error
			for range 100 {
				if _, err = u.Write(make([]byte, 1<<20)); err != nil {
					break
				}
			}
			if err == nil {
				err = u.finish()
			}
			if !errors.Is(err, full) {
				t.Errorf("error %v", err)
			}
			u.abort()
		})
	}
}

func TestAnAbortedUploadLeavesNoObject(t *testing.T) {
	for _, size := range []int{10, streamAfter + 10} {
		store := mem.New()
		u := newUpload(t.Context(), store, "f")
		if _, err := u.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		u.abort()
		if _, err := store.Head(t.Context(), "f"); !errors.Is(err, objstore.ErrNotExist) {
			t.Errorf("size %d: %v", size, err)
		}
	}
}
