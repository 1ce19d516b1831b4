package open

import (
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore/arbiter"
	"github.com/ingestd/ingestd/objstore/local"
)

func TestCommitsToS3GoThroughTheArbiterThatIsAskedFor(t *testing.T) {
	c := Config{S3Commits: &arbiter.Options{}}
	s, err := URL(t.Context(), "s3a://lake/t", c)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.(*arbiter.Store); !ok || s.URL() != "s3://lake/t" {
		t.Errorf("%T at %s", s, s.URL())
	}
	if s, err := URL(t.Context(), t.TempDir(), c); err != nil {
		t.Error(err)
	} else if _, ok := s.(*local.Store); !ok {
		t.Errorf("a local folder is a %T", s)
	}
	c.S3Commits.Scheme = "gs"
	if _, err := URL(t.Context(), "s3://lake/t", c); err == nil || !strings.Contains(err.Error(), `"gs"`) {
		t.Error(err)
	}
}
