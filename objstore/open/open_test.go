package open

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPathsAndFileURLs(t *testing.T) {
	t.Chdir(t.TempDir())
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"/a/b":                     "/a/b",
		"/a/b/":                    "/a/b",
		"/a b%20c":                 "/a b%20c", // a path is no URL
		"a":                        filepath.Join(wd, "a"),
		"./a":                      filepath.Join(wd, "a"),
		"a:b/c":                    filepath.Join(wd, "a:b/c"),
		"file:///a/b":              "/a/b",
		"FILE:///a/b":              "/a/b",
		"file:/a/b":                "/a/b",
		"file://localhost/a":       "/a",
		"file:///a%20b/%25/%C3%A9": "/a b/%/é",
	} {
		s, err := URL(t.Context(), in, Config{})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := s.(*local.Store).Root(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		// What URL says leads to the same place.
		if again, err := URL(t.Context(), s.URL(), Config{}); err != nil || again.(*local.Store).Root() != want {
			t.Errorf("%s by its URL %s: %v", in, s.URL(), err)
		}
	}
	if entries, err := os.ReadDir(wd); err != nil || len(entries) > 0 {
		t.Errorf("opening created %v, %v", entries, err)
	}
}

func TestS3(t *testing.T) {
	srv := s3test.New(t)
	c := Config{S3: srv.Options(t)}
	for _, in := range []string{"s3://" + s3test.Bucket + "/t", "s3a://" + s3test.Bucket + "/t/", "S3://" + s3test.Bucket + "//t"} {
		s, err := URL(t.Context(), in, c)
		if err != nil {
			t.Fatal(err)
		}
		if want := "s3://" + s3test.Bucket + "/t"; s.URL() != want {
			t.Errorf("%s: %s, want %s", in, s.URL(), want)
		}
		if _, err := s.Put(t.Context(), "k", objstore.Bytes(nil), objstore.Cond{}); err != nil {
			t.Error(err)
		}
	}
}

func TestMemoryIsSharedByName(t *testing.T) {
	ctx := t.Context()
	var stores []objstore.Store
	for _, in := range []string{"memory://" + t.Name() + "-a", "memory://" + t.Name() + "-a/", "memory://" + t.Name() + "-b"} {
		s, err := URL(ctx, in, Config{})
		if err != nil {
			t.Fatal(err)
		}
		stores = append(stores, s)
	}
	if _, err := stores[0].Put(ctx, "k", objstore.Bytes(nil), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stores[1].Head(ctx, "k"); err != nil {
		t.Error("the same name is another store:", err)
	}
	if _, err := stores[2].Head(ctx, "k"); !errors.Is(err, objstore.ErrNotExist) {
		t.Error("another name is the same store:", err)
	}
	if want := "memory://" + t.Name() + "-a"; stores[1].URL() != want {
		t.Error(stores[1].URL())
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ctx  context.Context
		url  string
		opts s3.Options
		want string
	}{
		{ended, "/a", s3.Options{}, "canceled"},
		{nil, "", s3.Options{}, "is needed"},
		{nil, file, s3.Options{}, "a directory is needed"},
		{nil, "gs://bucket/x", s3.Options{}, `scheme "gs"`},
		{nil, "file://tmp/x", s3.Options{}, "file:///tmp/x"},
		{nil, "file:///a?b", s3.Options{}, "%3F"},
		{nil, "s3://", s3.Options{}, "bucket"},
		{nil, "s3://key:hunter2@bucket/x", s3.Options{}, "options"},
		{nil, "s3://key:hunter2/hunter2@bucket/x", s3.Options{}, "options"},
		{nil, "gs://key:hunter2@bucket/x", s3.Options{}, `scheme "gs"`},
		{nil, "s3://bucket/a//b", s3.Options{}, "invalid key"},
		{nil, "s3://bucket/a", s3.Options{AccessKey: "a"}, "one of them is missing"},
	} {
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		s, err := URL(c.ctx, c.url, Config{S3: c.opts})
		if err == nil || s != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, %v; want %q", c.url, s, err, c.want)
		}
	}
	if _, err := URL(t.Context(), "gs://bucket/x", Config{}); !errors.Is(err, objstore.ErrNotSupported) {
		t.Error(err)
	}
}
