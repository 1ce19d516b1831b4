package s3

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func TestOptionsNeverPrintSecrets(t *testing.T) {
	o := Options{Endpoint: "http://user:hunter2@host:9000", AccessKey: "hunter2", SecretKey: "hunter2", SessionToken: "hunter2"}
	wrapped := struct{ S3 Options }{o}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "options", o, "wrapped", wrapped)
	text, err := json.Marshal(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	_, err = New("s3://bucket/x", o)
	for _, s := range []string{fmt.Sprint(o), fmt.Sprintf("%+v", wrapped), fmt.Sprintf("%#v", wrapped), fmt.Sprintf("%v", &o), log.String(), string(text), fmt.Sprint(err)} {
		if strings.Contains(s, "hunter2") || !strings.Contains(s, "host:9000") {
			t.Error(s)
		}
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "absent")
	noPEM := filepath.Join(t.TempDir(), "no.pem")
	if err := os.WriteFile(noPEM, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		url string
		o   Options
	}{
		"s3://bucket/prefix":  {url: "bucket/prefix"},
		"bucket \"x\"":        {url: "s3://x"},
		"invalid key":         {url: "s3://bucket/a/../b"},
		"belongs after s3://": {url: "s3://host:9000/bucket"},
		"one of them":         {o: Options{SecretKey: "x"}},
		"anonymous excludes":  {o: Options{Anonymous: true, AccessKey: "a", SecretKey: "b"}},
		"from 5 MiB":          {o: Options{PartSize: 1 << 20}},
		"must be positive":    {o: Options{MaxAttempts: -1}},
		"such as http://":     {o: Options{Endpoint: "http://host/path"}},
		"ftp://host":          {o: Options{Endpoint: "ftp://host"}},
		"no such file":        {o: Options{CAFile: missing}},
		"holds no PEM":        {o: Options{CAFile: noPEM}},
	} {
		if c.url == "" {
			c.url = "s3://bucket/t"
		}
		if _, err := New(c.url, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s, %s: %v; want %q", c.url, c.o, err, want)
		}
	}
}

func TestWhereRequestsGo(t *testing.T) {
	for _, c := range []struct {
		o        Options
		env, url string
		trusted  bool
	}{
		{o: Options{}, url: "https://s3.amazonaws.com", trusted: true},
		{o: Options{Endpoint: "https://s3.eu-north-1.amazonaws.com"}, url: "https://s3.eu-north-1.amazonaws.com", trusted: true},
		{o: Options{Endpoint: "https://amazonaws.com.evil.example"}, url: "https://amazonaws.com.evil.example"},
		{o: Options{Endpoint: "http://127.0.0.1:9000/"}, url: "http://127.0.0.1:9000"},
		{o: Options{Endpoint: "minio:9000"}, url: "https://minio:9000"},
		{o: Options{Endpoint: "minio:9000", Insecure: true}, url: "http://minio:9000"},
		{o: Options{Endpoint: "minio:9000", TrustConditions: true}, url: "https://minio:9000", trusted: true},
		{env: "http://from.env:1", url: "http://from.env:1"},
		{o: Options{Endpoint: "http://given:1"}, env: "http://from.env:1", url: "http://given:1"},
	} {
		t.Setenv("AWS_ENDPOINT_URL", c.env)
		s, err := New("s3://bucket", c.o)
		if err != nil {
			t.Fatal(err)
		}
		if s.host != c.url || s.probes.trusted != c.trusted || s.URL() != "s3://bucket" {
			t.Errorf("%v: %s, trusted %v, URL %s", c.o, s.host, s.probes.trusted, s.URL())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestKeysCountWithTheirPrefix(t *testing.T) {
	s, err := New("s3://bucket/"+strings.Repeat("p", 1000), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context(), strings.Repeat("k", 24)); !errors.Is(err, objstore.ErrKey) {
		t.Error(err)
	}
}

func TestCredentialsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "env-key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "env-secret")
	for want, o := range map[string]Options{"env-key": {}, "given": {AccessKey: "given", SecretKey: "x"}, "": {Anonymous: true}} {
		p := newProvider(o)
		v, err := credentials.New(p).GetWithContext(nil)
		if err != nil || v.AccessKeyID != want || p.anonymous() != (want == "") {
			t.Errorf("got %q, %v; want %q", v.AccessKeyID, err, want)
		}
	}
}

// Without credentials the machine's metadata service must not be asked at each request.
func TestThatThereAreNoCredentialsIsRemembered(t *testing.T) {
	now := time.Unix(0, 0)
	asked := 0
	p := &provider{now: func() time.Time { return now }, from: lookup(func() credentials.Value { asked++; return credentials.Value{} })}
	creds := credentials.New(p)
	for range 3 {
		if _, err := creds.GetWithContext(nil); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 || !p.anonymous() {
		t.Errorf("asked %d times", asked)
	}
	now = now.Add(2 * time.Minute)
	if _, err := creds.GetWithContext(nil); err != nil || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

type lookup func() credentials.Value

func (l lookup) Retrieve() (credentials.Value, error) { return l(), nil }
func (l lookup) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return l(), nil
}
func (l lookup) IsExpired() bool { return true }

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	var slept []time.Duration
	s := &Store{opts: Options{
		Jitter: func() float64 { return 0.5 },
		Sleep:  func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil },
	}}
	for n := 1; n <= 70; n++ {
		if err := s.backoff(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if slept[0] != 75*time.Millisecond || slept[1] != 150*time.Millisecond || slept[69] != 3750*time.Millisecond {
		t.Errorf("%v", slept)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := objstore.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
