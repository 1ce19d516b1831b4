package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

var readFaults = []s3test.Fault{
	s3test.CutBefore, s3test.CutAfter, s3test.ErrorBefore, s3test.BusyAfter, s3test.HalfBody, s3test.ShortBody, s3test.HangAfter,
}

func hasty(fault s3test.Fault) func(*s3.Options) {
	return func(o *s3.Options) {
		if fault == s3test.HangAfter {
			o.AttemptTimeout = 50 * time.Millisecond
		}
	}
}

var text = bytes.Repeat([]byte("0123456789abcdef"), 1<<10)

func TestABrokenBodyIsTakenUpWhereItBroke(t *testing.T) {
	srv := s3test.New(t)
	put(t, srv.Store(t, "t", srv.Options(t)), "k", text)
	for _, fault := range readFaults {
		for _, r := range []objstore.Range{{}, {Offset: 1000, Length: 5000}, {Offset: 16000}, {Offset: -3000}} {
			// Each of the first five requests fails: each time some of the rest arrives, or none.
			s, tr := faulty(t, srv, hasty(fault), func(n int, _ *http.Request) s3test.Fault {
				if n <= 5 {
					return fault
				}
				return s3test.None
			})
			got, info, err := read(t, s, "k", r)
			off, n, _ := r.Resolve(int64(len(text)))
			if err != nil || !bytes.Equal(got, text[off:off+n]) || info.Size != int64(len(text)) {
				t.Errorf("%s, %v: %d bytes of %d, %v", fault, r, len(got), info.Size, err)
			}
			if tr.Requests() < 6 {
				t.Errorf("%s, %v: only %d requests", fault, r, tr.Requests())
			}
		}
	}
}

func TestABodyThatAlwaysBreaksIsARetryableError(t *testing.T) {
	srv := s3test.New(t)
	put(t, srv.Store(t, "t", srv.Options(t)), "k", text[:1]) // half of one byte is none: no progress
	s, tr := faulty(t, srv, nil, always(s3test.HalfBody))
	_, _, err := read(t, s, "k", objstore.Range{})
	if err == nil || !objstore.IsRetryable(err) || tr.Requests() != 10 {
		t.Errorf("%d requests, %v", tr.Requests(), err)
	}
}

func TestAReplacedObjectIsNotMixedWithTheOld(t *testing.T) {
	for name, strip := range map[string]bool{"If-Match is honoured": false, "If-Match is ignored": true} {
		srv := s3test.New(t)
		sound := srv.Store(t, "t", srv.Options(t))
		put(t, sound, "k", text)
		o := srv.Options(t)
		if strip {
			o.Transport = dropHeader{o.Transport, "If-Match"}
		}
		o.Transport = &s3test.Transport{Base: o.Transport, Pick: func(n int, _ *http.Request) s3test.Fault {
			if n == 2 {
				put(t, sound, "k", bytes.ToUpper(text))
			}
			return nth(1, s3test.HalfBody)(n, nil)
		}}
		got, _, err := read(t, srv.Store(t, "t", o), "k", objstore.Range{})
		if err == nil || !objstore.IsRetryable(err) || !bytes.HasPrefix(text, got) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestAnObjectDeletedWhileItIsReadIsAnError(t *testing.T) {
	srv := s3test.New(t)
	sound := srv.Store(t, "t", srv.Options(t))
	put(t, sound, "k", text)
	s, _ := faulty(t, srv, nil, func(n int, _ *http.Request) s3test.Fault {
		if n == 2 {
			if err := sound.Delete(t.Context(), "k"); err != nil {
				t.Error(err)
			}
		}
		return nth(1, s3test.HalfBody)(n, nil)
	})
	if _, _, err := read(t, s, "k", objstore.Range{}); !errors.Is(err, objstore.ErrNotExist) {
		t.Error(err)
	}
}

func TestAListGoesOnAfterAFault(t *testing.T) {
	srv := s3test.New(t)
	sound := srv.Store(t, "t", srv.Options(t))
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("k/%02d", i))
		put(t, sound, want[i], nil)
	}
	for _, fault := range append(readFaults, s3test.GarbledAfter) {
		for i := 1; i <= 2; i++ {
			s, tr := faulty(t, srv, hasty(fault), nth(i, fault))
			var got []string
			for info, err := range s.List(t.Context(), "k/", "") {
				if err != nil {
					t.Fatalf("%s at request %d: %v", fault, i, err)
				}
				got = append(got, info.Key)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s at request %d: %d keys after %d requests", fault, i, len(got), tr.Requests())
			}
		}
	}
	s, _ := faulty(t, srv, nil, always(s3test.BusyAfter))
	n := 0
	for _, err := range s.List(t.Context(), "k/", "") {
		if n++; err == nil || !objstore.IsRetryable(err) {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("yielded %d times", n)
	}
}

// Pages come one by one; a fault between them must neither lose nor repeat a key.
func TestAListOfManyPagesGoesOnAfterAFault(t *testing.T) {
	srv := s3test.New(t)
	sound := srv.Store(t, "t", srv.Options(t))
	for i := range 1100 {
		put(t, sound, fmt.Sprintf("k/%04d", i), nil)
	}
	for i := 1; i <= 3; i++ {
		for _, fault := range []s3test.Fault{s3test.CutAfter, s3test.ErrorBefore} {
			s, _ := faulty(t, srv, nil, nth(i, fault))
			n := 0
			for info, err := range s.List(t.Context(), "", "k/0009") {
				if want := fmt.Sprintf("k/%04d", n+10); err != nil || info.Key != want {
					t.Fatalf("%s at request %d: %q, %v; want %q", fault, i, info.Key, err, want)
				}
				n++
			}
			if n != 1090 {
				t.Errorf("%s at request %d: %d keys", fault, i, n)
			}
		}
	}
}

// What others left in the bucket: markers of folders, our own probes, keys that are none of ours.
func TestListsShowOnlyObjects(t *testing.T) {
	srv := s3test.New(t)
	s := srv.Store(t, "t", srv.Options(t))
	put(t, s, "folder/k", nil)
	for _, name := range []string{"t/folder/", "t/.ingestd-probe-x", "t/a//b", "t/", "tt/other"} {
		raw(t, srv, http.MethodPut, "/"+name)
	}
	var got []string
	for info, err := range s.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, info.Key)
	}
	if !slices.Equal(got, []string{"folder/k"}) {
		t.Errorf("got %q", got)
	}
}

// dropHeader is a server that passes over a header.
type dropHeader struct {
	base http.RoundTripper
	name string
}

func (d dropHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del(d.name)
	return d.base.RoundTrip(r)
}

func read(t *testing.T, s objstore.Store, key string, r objstore.Range) ([]byte, objstore.Info, error) {
	t.Helper()
	rc, info, err := s.Get(t.Context(), key, r)
	if err != nil {
		return nil, info, err
	}
	b, err := io.ReadAll(rc)
	if cerr := rc.Close(); err == nil {
		err = cerr
	}
	return b, info, err
}
