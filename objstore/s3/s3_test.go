package s3_test

import (
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
	"github.com/ingestd/ingestd/objstore/storetest"
	"github.com/minio/minio-go/v7"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	minio.DefaultRetryUnit = 0 // it waits even when it does not retry
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) objstore.Store {
		srv := s3test.New(t)
		return srv.Store(t, "some/table root", srv.Options(t))
	})
}
