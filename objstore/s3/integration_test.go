//go:build integration

package s3_test

import (
	"os"
	"testing"

	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// The suite on a real MinIO (or S3): MINIO_ENDPOINT is its URL.
func TestConformanceOnMinIO(t *testing.T) {
	endpoint := os.Getenv("MINIO_ENDPOINT")
	if endpoint == "" {
		t.Skip("MINIO_ENDPOINT is not set")
	}
	s3test.RunAgainst(t, endpoint, os.Getenv("MINIO_ACCESS_KEY"), os.Getenv("MINIO_SECRET_KEY"))
}
