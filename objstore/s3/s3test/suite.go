package s3test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/storetest"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// RunAgainst runs the conformance suite on a real server, in a new bucket that it leaves behind
// empty of all but what the suite wrote. Endpoint is a URL.
func RunAgainst(t *testing.T, endpoint, accessKey, secretKey string) {
	o := s3.Options{Endpoint: endpoint, AccessKey: accessKey, SecretKey: secretKey}
	transport, err := s3.NewTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	o.Transport = transport
	bucket := NewBucket(t, endpoint, accessKey, secretKey)
	n := 0
	storetest.Run(t, func(t *testing.T) objstore.Store {
		n++
		store, err := s3.New(fmt.Sprintf("s3://%s/suite/%d", bucket, n), o)
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

// NewBucket makes a bucket with a name of its own on a real server, and returns its name.
func NewBucket(t testing.TB, endpoint, accessKey, secretKey string) string {
	t.Helper()
	scheme, host, ok := strings.Cut(endpoint, "://")
	if !ok {
		t.Fatalf("endpoint %q is not a URL", endpoint)
	}
	transport, err := minio.DefaultTransport(scheme == "https")
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	c, err := minio.New(host, &minio.Options{
		Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Secure: scheme == "https", Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	name := "test-" + strings.ToLower(rand.Text())
	if err := c.MakeBucket(context.Background(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return name
}
