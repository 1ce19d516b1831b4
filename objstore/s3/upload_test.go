package s3_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// openUploads is how many uploads in parts the server holds.
func openUploads(t *testing.T, srv *s3test.Server) int {
	t.Helper()
	return strings.Count(raw(t, srv, http.MethodGet, "?uploads"), "<Upload>")
}

func TestFailedUploadsAreAborted(t *testing.T) {
	broken := errors.New("the pipe broke")
	for name, c := range map[string]struct {
		body  io.Reader
		cond  objstore.Cond
		fault func(int, *http.Request) s3test.Fault
		want  error
	}{
		"the body fails":    {body: io.MultiReader(bytes.NewReader(make([]byte, 5000)), iotest.ErrReader(broken)), want: broken},
		"another was first": {body: bytes.NewReader(make([]byte, 5000)), cond: ifAbsent, want: objstore.ErrPrecondition},
		"a part fails for good": {body: bytes.NewReader(make([]byte, 5000)), want: errDown, fault: func(_ int, r *http.Request) s3test.Fault {
			if r.URL.Query().Get("partNumber") == "3" {
				return s3test.ErrorBefore
			}
			return s3test.None
		}},
	} {
		srv := s3test.New(t)
		put(t, srv.Store(t, "t", srv.Options(t)), "k", []byte("there"))
		s, _ := faulty(t, srv, nil, c.fault)
		_, err := s.Put(t.Context(), "k", objstore.Stream(c.body), c.cond)
		switch {
		case err == nil || !errors.Is(c.want, errDown) && !errors.Is(err, c.want):
			t.Errorf("%s: %v, want %v", name, err, c.want)
		case errors.Is(c.want, errDown) && (!strings.Contains(err.Error(), "part 3") || !objstore.IsRetryable(err) || errors.Is(err, objstore.ErrOutcomeUnknown)):
			t.Errorf("%s: %v", name, err)
		}
		if n := openUploads(t, srv); n != 0 {
			t.Errorf("%s: %d uploads are left", name, n)
		}
		if got, _, err := read(t, s, "k", objstore.Range{}); err != nil || string(got) != "there" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

var errDown = errors.New("a retryable error")

// The body is read no further ahead than memory is meant to hold.
func TestUploadsHoldOnlyTheirPartsInMemory(t *testing.T) {
	const parallel, partSize, parts = 3, 1 << 10, 20
	srv := s3test.New(t)
	var mu sync.Mutex
	sent, inFlight, most := 0, 0, 0
	s, _ := faulty(t, srv, func(o *s3.Options) {
		o.UploadParallelism = parallel
		o.Transport = roundTrip{base: o.Transport, around: func(r *http.Request, next func() (*http.Response, error)) (*http.Response, error) {
			if !r.URL.Query().Has("partNumber") {
				return next()
			}
			mu.Lock()
			inFlight++
			most = max(most, inFlight)
			mu.Unlock()
			resp, err := next()
			mu.Lock()
			inFlight--
			sent++
			mu.Unlock()
			return resp, err
		}}
	}, nil)
	read, ahead := 0, 0
	body := io.LimitReader(readerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		read += len(p)
		ahead = max(ahead, read-sent*partSize)
		return len(p), nil
	}), parts*partSize)
	info, err := s.Put(t.Context(), "k", objstore.Stream(body), objstore.Cond{})
	if err != nil || info.Size != parts*partSize {
		t.Fatal(info, err)
	}
	if most > parallel || ahead > (parallel+2)*partSize {
		t.Errorf("%d parts in flight, %d bytes ahead of what was sent", most, ahead)
	}
}

func TestPartsThatAreFullAtTheEnd(t *testing.T) {
	srv := s3test.New(t)
	s, tr := faulty(t, srv, nil, nil)
	for size, requests := range map[int]int{0: 1, 1: 1, 1024: 1, 1025: 4, 2048: 4, 2049: 5} {
		before := tr.Requests()
		want := content("x", size)
		if _, err := s.Put(t.Context(), "k", objstore.Stream(bytes.NewReader(want)), objstore.Cond{}); err != nil {
			t.Fatal(err)
		}
		if n := tr.Requests() - before; n != requests {
			t.Errorf("%d bytes took %d requests, want %d", size, n, requests)
		}
		if got, _, err := read(t, s, "k", objstore.Range{}); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
	}
}

type roundTrip struct {
	base   http.RoundTripper
	around func(*http.Request, func() (*http.Response, error)) (*http.Response, error)
}

func (r roundTrip) RoundTrip(q *http.Request) (*http.Response, error) {
	return r.around(q, func() (*http.Response, error) { return r.base.RoundTrip(q) })
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
