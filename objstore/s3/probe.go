package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// probes remember whether the server honours conditions.
type probes struct {
	trusted bool // no need to ask

	mu       sync.Mutex
	asked    bool
	ifAbsent bool // honoured
	ifMatch  bool
}

// conditionsHold returns an error where the server is known to pass over the condition.
func (s *Store) conditionsHold(ctx context.Context, c objstore.Cond) error {
	if c == (objstore.Cond{}) || s.probes.trusted {
		return nil
	}
	p := &s.probes
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked {
		if err := s.probe(ctx); err != nil {
			return fmt.Errorf("asking whether the store honours conditional puts: %w", err)
		}
		p.asked = true
	}
	if c.IfAbsent && !p.ifAbsent {
		return fmt.Errorf("%w: %s passes over If-None-Match, so two writers could commit the same version; let commits to it go through DynamoDB (storage.s3.commit.dynamodb)", objstore.ErrNotSupported, s.host)
	}
	if c.IfMatch != "" && !p.ifMatch {
		return fmt.Errorf("%w: %s passes over If-Match", objstore.ErrNotSupported, s.host)
	}
	return nil
}

// probe puts an object and then twice again with a condition that does not hold. An attempt whose
// answer was lost does not matter, for a repetition has the same answer.
func (s *Store) probe(ctx context.Context) error {
	name := s.prefix + objstore.Reserved + "probe-" + rand.Text()
	put := func(set func(*minio.PutObjectOptions)) error {
		return s.retry(ctx, func(ctx context.Context) error {
			o := minio.PutObjectOptions{DisableContentSha256: true}
			set(&o)
			_, err := s.core.PutObject(ctx, s.bucket, name, bytes.NewReader(nil), 0, "", sha256Hex(nil), o)
			return err
		})
	}
	if err := put(func(*minio.PutObjectOptions) {}); err != nil {
		return err
	}
	absent := put(func(o *minio.PutObjectOptions) { o.SetMatchETagExcept("*") })
	match := put(func(o *minio.PutObjectOptions) { o.SetMatchETag("0123456789abcdef0123456789abcdef") })
	if err := s.deleteNames(ctx, []string{name})[name]; err != nil {
		return err
	}
	var err error
	if s.probes.ifAbsent, err = s.honoured(absent); err != nil {
		return err
	}
	s.probes.ifMatch, err = s.honoured(match)
	return err
}

// honoured judges the answer to a put whose condition did not hold.
func (s *Store) honoured(err error) (bool, error) {
	if err == nil {
		return false, nil
	}
	switch means := s.classify(err).sentinel; {
	case errors.Is(means, objstore.ErrPrecondition):
		return true, nil
	case errors.Is(means, objstore.ErrNotSupported):
		return false, nil
	}
	return false, err
}
