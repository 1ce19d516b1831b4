// Package s3test is an S3 server inside the test process, and a transport that loses its answers.
//
// The server is gofakes3 with what it lacks and S3 has: If-Match on reads, conditions on the
// completion of uploads in parts, one ETag for such an object. It checks no signatures. Nothing but tests may import it.
package s3test

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Bucket is there in every new server.
const Bucket = "test-bucket"

// Server is one server. Make it with New.
type Server struct {
	URL string // of the endpoint

	fake http.Handler
	// writes orders conditional completions with all other writes, which gofakes3 does not.
	writes sync.Mutex
}

// New starts a server that stops with the test.
func New(t testing.TB) *Server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(Bucket); err != nil {
		t.Fatal(err)
	}
	s := &Server{fake: gofakes3.New(backend).Server()}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Options reach the server, with quick retries and a transport that ends with the test.
func (s *Server) Options(t testing.TB) s3.Options {
	t.Helper()
	o := s3.Options{
		Endpoint: s.URL, AccessKey: "test-access", SecretKey: "test-secret", Region: "us-east-1",
		TrustConditions: true, Jitter: func() float64 { return 0 }, AttemptTimeout: 10 * time.Second,
		Sleep: Skip,
	}
	transport, err := s3.NewTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	o.Transport = transport
	return o
}

// Store is a store in the server's bucket below prefix.
func (s *Server) Store(t testing.TB, prefix string, o s3.Options) *s3.Store {
	t.Helper()
	store, err := s3.New("s3://"+Bucket+"/"+prefix, o)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.Header.Get("If-Match") != "":
		if head := s.head(r); head.Code == http.StatusOK && head.Header().Get("ETag") != r.Header.Get("If-Match") {
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
	case r.Method == http.MethodPut && r.URL.Query().Get("uploadId") == "", r.Method == http.MethodDelete:
		s.writes.Lock()
		defer s.writes.Unlock()
	case r.Method == http.MethodPost && r.URL.Query().Get("uploadId") != "":
		s.writes.Lock()
		defer s.writes.Unlock()
		if head := s.head(r); s.violated(r, head) {
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		s.complete(w, r)
		return
	}
	s.fake.ServeHTTP(w, r)
}

var etagElement = regexp.MustCompile(`<ETag>[^<]*</ETag>`)

// complete completes an upload and answers with the ETag that the object has from then on;
// gofakes3 answers with another.
func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	s.fake.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	if rec.Code == http.StatusOK {
		body = etagElement.ReplaceAll(body, []byte("<ETag>"+s.head(r).Header().Get("ETag")+"</ETag>"))
	}
	maps.Copy(w.Header(), rec.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

func (s *Server) violated(r *http.Request, head *httptest.ResponseRecorder) bool {
	there := head.Code == http.StatusOK
	want := r.Header.Get("If-Match")
	return r.Header.Get("If-None-Match") == "*" && there || want != "" && (!there || head.Header().Get("ETag") != want)
}

func (s *Server) head(r *http.Request) *httptest.ResponseRecorder {
	q := r.Clone(r.Context())
	q.Method, q.Body, q.ContentLength = http.MethodHead, http.NoBody, 0
	q.URL.RawQuery = ""
	for _, h := range []string{"Range", "If-Match", "If-None-Match"} {
		q.Header.Del(h)
	}
	rec := httptest.NewRecorder()
	s.fake.ServeHTTP(rec, q)
	return rec
}

// refuse answers with an error of S3.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprint(w, ErrorXML(code))
}

// ErrorXML is the body of an error answer of S3.
func ErrorXML(code string) string {
	b, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: "injected " + code})
	if err != nil {
		return ""
	}
	return string(b)
}
