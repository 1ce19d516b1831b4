package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

var ifAbsent = objstore.Cond{IfAbsent: true}

// faulty is a store whose requests go through a Transport, and a sound one of the same place.
func faulty(t *testing.T, srv *s3test.Server, change func(*s3.Options), pick func(int, *http.Request) s3test.Fault) (*s3.Store, *s3test.Transport) {
	t.Helper()
	o := srv.Options(t)
	if change != nil {
		change(&o)
	}
	tr := &s3test.Transport{Base: o.Transport, Pick: pick}
	o.Transport = tr
	s := srv.Store(t, "t", o)
	s.SetPartSize(1 << 10)
	return s, tr
}

// nth picks the fault for one request only.
func nth(i int, f s3test.Fault) func(int, *http.Request) s3test.Fault {
	return func(n int, _ *http.Request) s3test.Fault {
		if n == i {
			return f
		}
		return s3test.None
	}
}

func always(f s3test.Fault) func(int, *http.Request) s3test.Fault {
	return func(int, *http.Request) s3test.Fault { return f }
}

var writeFaults = []s3test.Fault{
	s3test.CutBefore, s3test.CutAfter, s3test.ErrorBefore, s3test.ErrorAfter, s3test.BusyBefore, s3test.BusyAfter,
	s3test.Conflict, s3test.Repeated, s3test.HangAfter,
}

func content(who string, size int) []byte { return bytes.Repeat([]byte(who), size/len(who)+1)[:size] }

// Each request of a put fails in each way, once. Alone, the put must succeed; with a rival there
// first, it must lose; and in the store there is what was told.
func TestOneFaultNeverChangesTheOutcome(t *testing.T) {
	for _, size := range []int{20, 2500} { // one request; parts
		for _, cond := range []objstore.Cond{{}, ifAbsent, {IfMatch: "current"}} {
			for _, rival := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d bytes, %+v, rival %v", size, cond, rival), func(t *testing.T) {
					srv := s3test.New(t)
					for _, fault := range writeFaults {
						for i := 1; onePut(t, srv, i, size, cond, rival, fault); i++ {
						}
					}
				})
			}
		}
	}
}

// doubtful are the faults after which only the server knows whether the request was done.
func doubtful(f s3test.Fault) bool { return f != s3test.Conflict && f != s3test.Repeated }

// onePut puts with the fault at request i. It returns false when there was no such request.
func onePut(t *testing.T, srv *s3test.Server, i, size int, cond objstore.Cond, rival bool, fault s3test.Fault) bool {
	what := fmt.Sprintf("%s at request %d", fault, i)
	sound := srv.Store(t, "t", srv.Options(t))
	s, tr := faulty(t, srv, func(o *s3.Options) {
		if fault == s3test.HangAfter {
			o.AttemptTimeout = 50 * time.Millisecond
		}
	}, nth(i, fault))
	if cond.IfMatch != "" {
		cond.IfMatch = put(t, sound, what, []byte("the first")).ETag
	}
	if rival {
		put(t, sound, what, content("rival", size))
	}
	mine := content("mine!", size)
	info, err := s.Put(t.Context(), what, objstore.Stream(bytes.NewReader(mine)), cond)
	got, head, gerr := objstore.ReadAll(t.Context(), sound, what)
	if gerr != nil {
		t.Fatal(gerr)
	}
	loses := rival && cond != (objstore.Cond{})
	open := loses && cond.IfMatch != "" && doubtful(fault) && errors.Is(err, objstore.ErrOutcomeUnknown)
	switch {
	case loses && !open && !errors.Is(err, objstore.ErrPrecondition):
		t.Errorf("%s: %v, want ErrPrecondition", what, err)
	case !loses && err != nil:
		t.Errorf("%s: %v", what, err)
	case bytes.Equal(got, mine) == loses:
		t.Errorf("%s: the put said %v, but the store holds %.10q...", what, err, got)
	case err == nil && (info.ETag != head.ETag || info.Size != head.Size || info.Key != what):
		t.Errorf("%s: the put says %+v, the store %+v", what, info, head)
	}
	return tr.Requests() >= i
}

// Writers race for keys while a third of all requests fail in some way. Each key has one winner,
// and whoever is told something is told the truth.
func TestRacingWritersWithFaultsHaveOneWinner(t *testing.T) {
	srv := s3test.New(t)
	raceWithFaults(t, []int{20, 2500}, func(pick func(int, *http.Request) s3test.Fault) objstore.Store {
		s, _ := faulty(t, srv, func(o *s3.Options) { o.MaxAttempts = 60 }, pick)
		return s
	})
}

// raceWithFaults races writers that each open a store of the same place, for objects of these sizes.
func raceWithFaults(t *testing.T, sizes []int, open func(pick func(int, *http.Request) s3test.Fault) objstore.Store) {
	const writers, keys = 5, 12
	var mu sync.Mutex
	told := map[string][]string{} // key -> writers that were told that they won
	var wg sync.WaitGroup
	for w := range writers {
		rng := rand.New(rand.NewPCG(uint64(w), 7))
		s := open(func(int, *http.Request) s3test.Fault {
			mu.Lock()
			defer mu.Unlock()
			if rng.IntN(3) == 0 {
				return writeFaults[rng.IntN(len(writeFaults)-1)] // all but HangAfter, which takes real time
			}
			return s3test.None
		})
		wg.Go(func() {
			for k := range keys {
				key, me := fmt.Sprintf("log/%d", k), fmt.Sprint("writer-", w)
				_, err := s.Put(context.Background(), key, objstore.Bytes(content(me, sizes[k%len(sizes)])), ifAbsent)
				switch {
				case err == nil:
					mu.Lock()
					told[key] = append(told[key], me)
					mu.Unlock()
				case !errors.Is(err, objstore.ErrPrecondition):
					t.Errorf("%s: %v", me, err)
				}
			}
		})
	}
	wg.Wait()
	sound := open(always(s3test.None))
	for k := range keys {
		key := fmt.Sprintf("log/%d", k)
		got, _, err := objstore.ReadAll(t.Context(), sound, key)
		if err != nil {
			t.Fatal(err)
		}
		if len(told[key]) != 1 || !bytes.HasPrefix(got, []byte(told[key][0])) {
			t.Errorf("%s: told that they won: %q; it holds %.10q", key, told[key], got)
		}
	}
}

// Where nothing can be found out, that is what the caller is told.
func TestWhatCannotBeSettledIsUnknown(t *testing.T) {
	for _, size := range []int{20, 2500} {
		for _, cond := range []objstore.Cond{{}, ifAbsent} {
			for _, fault := range []s3test.Fault{s3test.CutAfter, s3test.ErrorAfter, s3test.BusyAfter, s3test.CutBefore, s3test.ErrorBefore} {
				srv := s3test.New(t)
				s, _ := faulty(t, srv, nil, func(_ int, r *http.Request) s3test.Fault {
					if q := r.URL.Query(); q.Has("uploads") || q.Has("partNumber") {
						return s3test.None
					}
					return fault
				})
				_, err := s.Put(t.Context(), "k", objstore.Bytes(content("mine!", size)), cond)
				if !errors.Is(err, objstore.ErrOutcomeUnknown) || errors.Is(err, objstore.ErrPrecondition) {
					t.Errorf("%d bytes, %+v, %s: %v", size, cond, fault, err)
				}
				if got, want := objstore.IsRetryable(err), cond == (objstore.Cond{}); got != want {
					t.Errorf("%d bytes, %+v, %s: retryable is %v", size, cond, fault, got)
				}
			}
		}
	}
}

// A request that the server surely did not act on is a plain failure.
func TestWhatSurelyFailedIsNotUnknown(t *testing.T) {
	srv := s3test.New(t)
	s, tr := faulty(t, srv, nil, always(s3test.Conflict))
	_, err := s.Put(t.Context(), "k", objstore.Bytes(nil), ifAbsent)
	if err == nil || errors.Is(err, objstore.ErrOutcomeUnknown) || !objstore.IsRetryable(err) || tr.Requests() != 10 {
		t.Errorf("%d requests, %v", tr.Requests(), err)
	}
	o := srv.Options(t)
	o.Endpoint = "http://127.0.0.1:1" // nothing listens there
	_, err = srv.Store(t, "t", o).Put(t.Context(), "k", objstore.Bytes(nil), ifAbsent)
	if err == nil || errors.Is(err, objstore.ErrOutcomeUnknown) || !objstore.IsRetryable(err) || !strings.Contains(err.Error(), "cannot be reached") {
		t.Error(err)
	}
}

// The first attempt hangs on its way and lands only after the client has tried again.
func TestAnAttemptThatLandsLateDoesNotLoseAgainstItself(t *testing.T) {
	srv := s3test.New(t)
	for _, first := range []bool{true, false} { // the late attempt lands before, or after, the second
		key := fmt.Sprint("k-", first)
		o := srv.Options(t)
		o.Transport = &lateTransport{base: o.Transport, landFirst: first}
		_, err := srv.Store(t, "t", o).Put(t.Context(), key, objstore.Bytes([]byte("mine")), ifAbsent)
		got, _, gerr := objstore.ReadAll(t.Context(), srv.Store(t, "t", srv.Options(t)), key)
		if err != nil || string(got) != "mine" {
			t.Errorf("land first %v: %v; %q, %v", first, err, got, gerr)
		}
	}
}

// lateTransport cuts the first put, and carries it out right before or right after the second.
type lateTransport struct {
	base      http.RoundTripper
	landFirst bool
	held      *http.Request
}

func (l *lateTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut {
		return l.base.RoundTrip(r)
	}
	if l.held == nil {
		l.held = r.Clone(context.Background())
		b := new(bytes.Buffer)
		if _, err := b.ReadFrom(r.Body); err != nil {
			return nil, err
		}
		l.held.Body = http.NoBody
		l.held.GetBody = nil
		l.held.Body = readCloser{b}
		return nil, errors.New("connection reset by peer")
	}
	if l.landFirst {
		l.land()
		return l.base.RoundTrip(r)
	}
	resp, err := l.base.RoundTrip(r)
	l.land()
	return resp, err
}

func (l *lateTransport) land() {
	if resp, err := l.base.RoundTrip(l.held); err == nil {
		resp.Body.Close()
	}
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

// Something on the way drops the metadata that would tell our object; then content decides.
func TestContentDecidesWhereTheIDIsLost(t *testing.T) {
	for there, want := range map[string]error{"mine": nil, "them": objstore.ErrPrecondition, "longer": objstore.ErrPrecondition, "": nil} {
		srv := s3test.New(t)
		o := srv.Options(t)
		cut := &s3test.Transport{Base: dropHeader{o.Transport, "X-Amz-Meta-Ingestd-Put"}, Pick: nth(1, s3test.CutAfter)}
		if there != "mine" && there != "" {
			cut.Pick = nth(1, s3test.ErrorBefore)
			put(t, srv.Store(t, "t", withTransport(o, dropHeader{o.Transport, "X-Amz-Meta-Ingestd-Put"})), "k", []byte(there))
		}
		_, err := srv.Store(t, "t", withTransport(o, cut)).Put(t.Context(), "k", objstore.Bytes([]byte("mine")), ifAbsent)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", there, err, want)
		}
	}
}

func withTransport(o s3.Options, t http.RoundTripper) s3.Options {
	o.Transport = t
	return o
}

// Ours may have been there before the other's: only the log of the server could tell.
func TestACompareAndSwapOverwrittenInDoubtIsUnknown(t *testing.T) {
	srv := s3test.New(t)
	sound := srv.Store(t, "t", srv.Options(t))
	first := put(t, sound, "k", []byte("1"))
	s, _ := faulty(t, srv, nil, func(n int, r *http.Request) s3test.Fault {
		if n == 2 { // before the answer to reading back
			put(t, sound, "k", []byte("other"))
		}
		return nth(1, s3test.CutAfter)(n, r)
	})
	_, err := s.Put(t.Context(), "k", objstore.Bytes([]byte("mine")), objstore.Cond{IfMatch: first.ETag})
	if !errors.Is(err, objstore.ErrOutcomeUnknown) {
		t.Error(err)
	}
}

func TestAContextThatEndsDuringAPutLeavesItOpen(t *testing.T) {
	srv := s3test.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, _ := faulty(t, srv, nil, func(int, *http.Request) s3test.Fault {
		cancel()
		return s3test.HangAfter
	})
	_, err := s.Put(ctx, "k", objstore.Bytes([]byte("mine")), ifAbsent)
	if !errors.Is(err, objstore.ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func put(t *testing.T, s objstore.Store, key string, data []byte) objstore.Info {
	t.Helper()
	info, err := s.Put(t.Context(), key, objstore.Bytes(data), objstore.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}
