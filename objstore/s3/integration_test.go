//go:build integration

package s3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// minioServer is a real MinIO of the test's own.
func minioServer(t *testing.T) (endpoint, accessKey, secretKey string) {
	t.Helper()
	m := parts.MinIO(t)
	return "http://" + m.Addr, m.AccessKey, m.SecretKey
}

func TestConformanceOnMinIO(t *testing.T) {
	endpoint, accessKey, secretKey := minioServer(t)
	s3test.RunAgainst(t, endpoint, accessKey, secretKey)
}

func TestRacingWritersWithFaultsOnMinIOHaveOneWinner(t *testing.T) {
	endpoint, accessKey, secretKey := minioServer(t)
	url := "s3://" + s3test.NewBucket(t, endpoint, accessKey, secretKey) + "/t"
	transport, err := s3.NewTransport(s3.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	raceWithFaults(t, []int{20, 6 << 20}, func(pick func(int, *http.Request) s3test.Fault) objstore.Store {
		s, err := s3.New(url, s3.Options{
			Endpoint: endpoint, AccessKey: accessKey, SecretKey: secretKey, MaxAttempts: 60, PartSize: 5 << 20,
			Transport: &s3test.Transport{Base: transport, Pick: pick}, Sleep: s3test.Skip,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestWrongCredentialsOnMinIOSayWhatToCheck(t *testing.T) {
	endpoint, accessKey, secretKey := minioServer(t)
	bucket := s3test.NewBucket(t, endpoint, accessKey, secretKey)
	for _, c := range []struct{ bucket, access, secret, want string }{
		{bucket, accessKey, "wrong-" + secretKey, "AWS_SECRET_ACCESS_KEY"},
		{bucket, "nobody-" + accessKey, secretKey, "AWS_ACCESS_KEY_ID"},
		{"no-such-" + bucket[:20], accessKey, secretKey, "does not exist"},
	} {
		s, err := s3.New("s3://"+c.bucket, s3.Options{Endpoint: endpoint, AccessKey: c.access, SecretKey: c.secret})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_, err = s.Put(t.Context(), "k", objstore.Bytes(nil), ifAbsent)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secretKey) || objstore.IsRetryable(err) {
			t.Errorf("%v; want %q", err, c.want)
		}
		for _, err := range s.List(t.Context(), "", "") {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		}
	}
}
