package s3_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// canned answers every request with one status and error code.
type canned struct {
	status int
	code   string
	n      atomic.Int64
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	body := s3test.ErrorXML(c.code)
	if r.Method == http.MethodHead || c.code == "" {
		body = ""
	}
	return &http.Response{
		StatusCode: c.status, Header: http.Header{"X-Amz-Bucket-Region": {"eu-north-1"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   error
		text   string
		tries  int64 // of a get
	}{
		{404, "NoSuchKey", objstore.ErrNotExist, "NoSuchKey", 1},
		{404, "", objstore.ErrNotExist, "", 1},
		{404, "NoSuchBucket", objstore.ErrNoBucket, `bucket "test-bucket" does not exist at http://`, 1},
		{403, "AccessDenied", objstore.ErrPermission, "policy", 1},
		{403, "", objstore.ErrPermission, "policy", 1},
		{403, "InvalidAccessKeyId", objstore.ErrPermission, "AWS_ACCESS_KEY_ID", 1},
		{403, "SignatureDoesNotMatch", objstore.ErrPermission, "AWS_SECRET_ACCESS_KEY", 1},
		{400, "ExpiredToken", objstore.ErrPermission, "expired", 1},
		{403, "RequestTimeTooSkewed", objstore.ErrPermission, "clock", 1},
		{301, "PermanentRedirect", nil, "set the region", 1},
		{400, "AuthorizationHeaderMalformed", nil, "set the region", 1},
		{507, "XMinioStorageFull", objstore.ErrNoSpace, "full", 1},
		{501, "NotImplemented", objstore.ErrNotSupported, "", 1},
		{400, "KeyTooLongError", objstore.ErrKey, "", 1},
		{400, "SomethingElse", nil, "SomethingElse", 1},
		{503, "SlowDown", nil, "10 attempts", 10},
		{500, "InternalError", nil, "10 attempts", 10},
		{502, "", nil, "10 attempts", 10},
		{429, "TooManyRequests", nil, "10 attempts", 10},
		{400, "RequestTimeout", nil, "10 attempts", 10},
	} {
		srv := s3test.New(t)
		answers := &canned{status: c.status, code: c.code}
		s := srv.Store(t, "t", withTransport(srv.Options(t), answers))
		_, _, err := s.Get(t.Context(), "a/k", objstore.Range{})
		what := fmt.Sprintf("%d %s", c.status, c.code)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "a/k") {
			t.Errorf("%s: %v; want %v with %q", what, err, c.want, c.text)
		}
		if answers.n.Load() != c.tries || objstore.IsRetryable(err) != (c.tries > 1) {
			t.Errorf("%s: %d attempts, retryable %v", what, answers.n.Load(), objstore.IsRetryable(err))
		}
		for _, secret := range []string{"test-secret", "test-access"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows a secret: %v", what, err)
			}
		}
	}
}

func TestDeletesAreTriedAgain(t *testing.T) {
	for _, fault := range writeFaults[:7] {
		srv := s3test.New(t)
		sound := srv.Store(t, "t", srv.Options(t))
		for _, key := range []string{"a", "b", "c"} {
			put(t, sound, key, nil)
		}
		s, _ := faulty(t, srv, nil, func(n int, _ *http.Request) s3test.Fault {
			if n <= 3 {
				return fault
			}
			return s3test.None
		})
		if err := s.Delete(t.Context(), "a", "b", "a"); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
		if err := s.Delete(t.Context(), "c"); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
		for info := range sound.List(t.Context(), "", "") {
			t.Errorf("%s: %s is left", fault, info.Key)
		}
	}
}

// partial deletes what it is asked to, but says of some keys that it did not, with a code each;
// "" leaves the key out of the answer. Each is said twice, then no more.
type partial struct {
	codes map[string]string
	asked [][]string
	times map[string]int
}

func (p *partial) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct{ Object []struct{ Key string } }
	if err := xml.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	var names []string
	out := new(bytes.Buffer)
	out.WriteString("<DeleteResult>")
	for _, o := range in.Object {
		names = append(names, o.Key)
		code, odd := p.codes[o.Key]
		p.times[o.Key]++
		switch {
		case !odd || code != "AccessDenied" && p.times[o.Key] > 2:
			fmt.Fprintf(out, "<Deleted><Key>%s</Key></Deleted>", o.Key)
		case code != "":
			fmt.Fprintf(out, "<Error><Key>%s</Key><Code>%s</Code><Message>m</Message></Error>", o.Key, code)
		}
	}
	out.WriteString("</DeleteResult>")
	p.asked = append(p.asked, names)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(out), Request: r}, nil
}

func TestOfABatchOnlyWhatFailedIsTriedAgainAndReported(t *testing.T) {
	srv := s3test.New(t)
	p := &partial{times: map[string]int{}, codes: map[string]string{
		"t/slow": "SlowDown", "t/silent": "", "t/gone": "NoSuchKey", "t/mine": "AccessDenied", "t/odd": "InvalidArgument",
	}}
	s := srv.Store(t, "t", withTransport(srv.Options(t), p))
	err := s.Delete(t.Context(), "fine", "slow", "silent", "gone", "mine", "odd")
	if !errors.Is(err, objstore.ErrPermission) || !strings.Contains(err.Error(), "t/mine") || strings.Count(err.Error(), "delete s3://") != 1 {
		t.Error(err)
	}
	want := [][]string{
		{"t/fine", "t/gone", "t/mine", "t/odd", "t/silent", "t/slow"},
		{"t/odd", "t/silent", "t/slow"},
	}
	if len(p.asked) < 2 || !slices.Equal(p.asked[0], want[0]) || !slices.Equal(p.asked[1], want[1]) {
		t.Errorf("asked for %q", p.asked)
	}
}

// A server that passes over conditions must not be trusted with a log.
func TestServersThatIgnoreConditionsAreRefused(t *testing.T) {
	for _, c := range []struct {
		header string
		cond   objstore.Cond
		want   error
	}{
		{"If-None-Match", ifAbsent, objstore.ErrNotSupported},
		{"If-Match", ifAbsent, nil},
		{"If-Match", objstore.Cond{IfMatch: "x"}, objstore.ErrNotSupported},
		{"If-None-Match", objstore.Cond{IfMatch: "x"}, objstore.ErrPrecondition},
		{"X-Nothing", ifAbsent, nil},
		{"If-None-Match", objstore.Cond{}, nil},
	} {
		srv := s3test.New(t)
		o := srv.Options(t)
		o.TrustConditions = false
		s := srv.Store(t, "t", withTransport(o, dropHeader{o.Transport, c.header}))
		if _, err := s.Put(t.Context(), "k", objstore.Bytes(nil), c.cond); !errors.Is(err, c.want) {
			t.Errorf("without %s, %+v: %v, want %v", c.header, c.cond, err, c.want)
		}
		if b := raw(t, srv, http.MethodGet, ""); strings.Contains(b, "probe") {
			t.Errorf("a probe is left: %s", b)
		}
	}
}

func TestTheProbeIsMadeOnceAndOutlivesFaults(t *testing.T) {
	srv := s3test.New(t)
	o := srv.Options(t)
	o.TrustConditions = false
	var probes atomic.Int64
	o.Transport = &s3test.Transport{Base: o.Transport, Pick: func(n int, r *http.Request) s3test.Fault {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "probe") {
			probes.Add(1)
		}
		if n%2 == 1 {
			return s3test.ErrorAfter
		}
		return s3test.None
	}}
	s := srv.Store(t, "t", o)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := s.Put(context.Background(), fmt.Sprint(i), objstore.Bytes(nil), ifAbsent); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := probes.Load(); n < 3 || n > 6 {
		t.Errorf("%d requests for probes", n)
	}
}
