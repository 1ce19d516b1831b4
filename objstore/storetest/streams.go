package storetest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/ingestd/ingestd/objstore"
)

// BigSize is the size in bytes of the largest object of the suite: more than two parts of a
// multipart upload of the default size.
const BigSize = 20<<20 + 12345

func noise(size int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1, 2, 3}), size)
}

func sum(t *testing.T, r io.Reader) [32]byte {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

var streams = tests{
	"of unknown size": func(t *testing.T, s objstore.Store) {
		for _, size := range []int64{0, 1, 1 << 20, BigSize} {
			info, err := s.Put(t.Context(), "stream", objstore.Stream(noise(size)), objstore.Cond{})
			if err != nil {
				t.Fatal(err)
			}
			if info.Size != size {
				t.Errorf("put says %d bytes of %d", info.Size, size)
			}
			rc, info, err := s.Get(t.Context(), "stream", objstore.Range{})
			if err != nil {
				t.Fatal(err)
			}
			if sum(t, rc) != sum(t, noise(size)) || info.Size != size {
				t.Errorf("%d bytes came back different", size)
			}
			rc.Close()
		}
	},
	"a big put if absent": func(t *testing.T, s objstore.Store) {
		_, err := s.Put(t.Context(), "big", objstore.Stream(noise(BigSize)), ifAbsent)
		supported(t, err)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Put(t.Context(), "big", objstore.Stream(noise(BigSize)), ifAbsent)
		wantErr(t, err, objstore.ErrPrecondition)
		got, info, err := getRange(s, "big", objstore.Range{Offset: -1 << 20})
		if err != nil || info.Size != BigSize || len(got) != 1<<20 {
			t.Errorf("%+v, %v", info, err)
		}
	},
	"in tiny reads": func(t *testing.T, s objstore.Store) {
		want := bytes.Repeat([]byte("abc"), 1000)
		_, err := s.Put(t.Context(), "k", objstore.Stream(iotest.OneByteReader(bytes.NewReader(want))), objstore.Cond{})
		if err != nil || get(t, s, "k") != string(want) {
			t.Error(err)
		}
	},
	"that fail leave nothing": func(t *testing.T, s objstore.Store) {
		broken := errors.New("the pipe broke")
		put(t, s, "old", "old")
		for _, size := range []int64{10, 20 << 20} {
			for _, key := range []string{"old", "new/key"} {
				body := objstore.Stream(io.MultiReader(noise(size), iotest.ErrReader(broken)))
				_, err := s.Put(t.Context(), key, body, objstore.Cond{})
				wantErr(t, err, broken, key)
			}
		}
		_, err := s.Put(t.Context(), "new/key", objstore.Body{Size: 1, Open: func() (io.ReadCloser, error) { return nil, broken }}, objstore.Cond{})
		wantErr(t, err, broken, "new/key")
		if got := listKeys(t, s, "", ""); len(got) != 1 || get(t, s, "old") != "old" {
			t.Errorf("keys: %q", got)
		}
	},
	"of another size than said leave nothing": func(t *testing.T, s objstore.Store) {
		for _, said := range []int64{0, 4, 6} {
			body := objstore.Bytes([]byte("12345"))
			body.Size = said
			if _, err := s.Put(t.Context(), "k", body, objstore.Cond{}); err == nil {
				t.Errorf("5 bytes said to be %d were taken", said)
			}
		}
		if got := listKeys(t, s, "", ""); len(got) > 0 {
			t.Errorf("keys: %q", got)
		}
	},
}
