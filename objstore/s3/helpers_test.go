package s3_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// raw sends a request past the store and returns the body of the answer.
func raw(t *testing.T, srv *s3test.Server, method, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+"/"+s3test.Bucket+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Options(t).Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(b)
}
