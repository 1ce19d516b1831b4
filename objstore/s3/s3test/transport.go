package s3test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Fault is what becomes of one request.
type Fault string

// The faults.
const (
	None         Fault = ""
	CutBefore    Fault = "cut before"    // the connection breaks before the server sees the request
	CutAfter     Fault = "cut after"     // the server does it, its answer is lost
	ErrorBefore  Fault = "500 before"    // answered 500, not done
	ErrorAfter   Fault = "500 after"     // done, answered 500
	BusyBefore   Fault = "503 before"    // answered 503 SlowDown, not done
	BusyAfter    Fault = "503 after"     // done, answered 503 SlowDown
	Conflict     Fault = "409 conflict"  // answered 409 ConditionalRequestConflict, not done
	HangAfter    Fault = "hang after"    // done, and then silence until the client gives up
	Repeated     Fault = "repeated"      // a proxy sends it twice and passes on the second answer
	HalfBody     Fault = "half body"     // the answer's body breaks off in the middle
	ShortBody    Fault = "short body"    // the answer's body ends in the middle, as if it were whole
	GarbledAfter Fault = "garbled after" // done, answered 200 with a body that is no XML
)

// Transport carries requests to Base and makes of each what Pick says.
type Transport struct {
	Base http.RoundTripper
	// Pick is asked for each request, which are numbered from 1; nil picks None.
	Pick func(n int, r *http.Request) Fault

	mu sync.Mutex
	n  int
}

// Skip is a sleep for s3.Options that takes no time.
func Skip(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// Requests is the number of requests so far.
func (t *Transport) Requests() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}

var errCut = errors.New("read tcp: connection reset by peer")

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.n++
	n := t.n
	t.mu.Unlock()
	fault := None
	if t.Pick != nil {
		fault = t.Pick(n, r)
	}
	switch fault {
	case None:
		return t.Base.RoundTrip(r)
	case CutBefore:
		return nil, errors.Join(errCut, closeBody(r))
	case ErrorBefore:
		return answer(r, 500, "InternalError"), closeBody(r)
	case BusyBefore:
		return answer(r, 503, "SlowDown"), closeBody(r)
	case Conflict:
		return answer(r, 409, "ConditionalRequestConflict"), closeBody(r)
	case Repeated:
		return t.twice(r)
	}
	resp, err := t.Base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	switch fault {
	case ErrorAfter:
		return answer(r, 500, "InternalError"), nil
	case BusyAfter:
		return answer(r, 503, "SlowDown"), nil
	case HangAfter:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case HalfBody:
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
		return resp, nil
	case ShortBody:
		resp.Body = io.NopCloser(bytes.NewReader(body[:len(body)/2]))
		return resp, nil
	case GarbledAfter:
		resp.StatusCode, resp.Body = 200, io.NopCloser(strings.NewReader("<html>"))
		return resp, nil
	}
	return nil, errCut
}

// twice sends r two times.
func (t *Transport) twice(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	var resp *http.Response
	for range 2 {
		if resp != nil {
			resp.Body.Close()
		}
		again := r.Clone(r.Context())
		again.Body = http.NoBody
		if len(body) > 0 {
			again.Body = io.NopCloser(bytes.NewReader(body))
		}
		var err error
		if resp, err = t.Base.RoundTrip(again); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

func closeBody(r *http.Request) error {
	if r.Body == nil {
		return nil
	}
	return r.Body.Close()
}

func answer(r *http.Request, status int, code string) *http.Response {
	body := ErrorXML(code)
	if r.Method == http.MethodHead {
		body = ""
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }
