//go:build integration

package parts

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7"
)

func TestMinIOLetsOneOfManyCreateAnObject(t *testing.T) {
	m := SharedMinIO(t)
	bucket := m.Bucket(t)
	client, err := m.Client()
	if err != nil {
		t.Fatal(err)
	}
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			options := minio.PutObjectOptions{}
			options.SetMatchETagExcept("*")
			body := bytes.NewReader([]byte{byte('0' + i)})
			_, err := client.PutObject(t.Context(), bucket, "log/0.json", body, 1, options)
			switch {
			case err == nil:
				won.Add(1)
			case minio.ToErrorResponse(err).StatusCode == http.StatusPreconditionFailed:
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || lost.Load() != 7 {
		t.Errorf("%d won, %d lost; want 1 and 7", won.Load(), lost.Load())
	}
}

func TestMinIOKeepsObjectsOverKillAndStop(t *testing.T) {
	m := MinIO(t)
	bucket := m.Bucket(t)
	client, err := m.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutObject(t.Context(), bucket, "t/a=1/x", bytes.NewReader([]byte("kept")), 4, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, takeDown := range []func(context.Context) error{m.Kill, m.Stop} {
		if err := takeDown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := m.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		object, err := client.GetObject(t.Context(), bucket, "t/a=1/x", minio.GetObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(object); err != nil || string(got) != "kept" {
			t.Errorf("read %q, %v", got, err)
		}
		object.Close()
	}
	dir := t.TempDir()
	if err := m.Mirror(t.Context(), bucket, "t/", dir); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "a=1", "x")); err != nil || string(got) != "kept" {
		t.Errorf("mirrored %q, %v", got, err)
	}
}
