package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Store is an objstore.Store in a bucket, below a prefix. Make one with New.
type Store struct {
	core   *minio.Core
	who    *provider
	opts   Options
	bucket string
	prefix string // of all keys in the bucket: "" or ends with "/"
	url    string
	host   string

	parts  sync.Pool // *[]byte of opts.PartSize
	probes probes
	owned  func() // closes the idle connections of our own transport
}

// New is the store at a URL of the form s3://bucket or s3://bucket/prefix (s3a, s3n too). It sends
// no request. Errors are those of the options and the URL.
func New(rawURL string, o Options) (*Store, error) {
	bucket, prefix, err := parse(rawURL)
	if err == nil {
		o, err = o.withDefaults()
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", redacted(rawURL), err)
	}
	s := &Store{opts: o, bucket: bucket, prefix: prefix, url: strings.TrimSuffix("s3://"+bucket+"/"+prefix, "/"), owned: func() {}}
	if o.Transport == nil {
		t, err := NewTransport(o)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", redacted(rawURL), err)
		}
		o.Transport, s.owned = t, t.CloseIdleConnections
	}
	if s.core, s.who, err = connect(o); err != nil {
		return nil, fmt.Errorf("open %s: %w", redacted(rawURL), err)
	}
	s.host = s.core.EndpointURL().String()
	s.parts.New = func() any { return new([]byte) }
	_, _, aws, _ := o.host()
	s.probes.trusted = aws || o.TrustConditions
	return s, nil
}

func parse(rawURL string) (bucket, prefix string, err error) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok || scheme != "s3" && scheme != "s3a" && scheme != "s3n" {
		return "", "", errors.New("the form is s3://bucket/prefix")
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if strings.ContainsAny(bucket, "@:") {
		return "", "", errors.New("only the bucket belongs after s3://: endpoint and credentials are options")
	}
	if err := s3utils.CheckValidBucketName(bucket); err != nil {
		return "", "", fmt.Errorf("bucket %q: %w", bucket, err)
	}
	if prefix = strings.Trim(prefix, "/"); prefix == "" {
		return bucket, "", nil
	}
	return bucket, prefix + "/", objstore.CheckKey(prefix)
}

// URL implements objstore.Store: s3://bucket/prefix, not escaped, as engines write it.
func (s *Store) URL() string { return s.url }

// Close closes idle connections, where the transport is the store's own. The store can be used on.
func (s *Store) Close() error {
	s.owned()
	return nil
}

// name checks the key and returns the object's name in the bucket.
func (s *Store) name(ctx context.Context, key string) (string, error) {
	if err := errors.Join(ctx.Err(), objstore.CheckKey(key)); err != nil {
		return "", err
	}
	if n := len(s.prefix) + len(key); n > objstore.MaxKeyLen {
		return "", fmt.Errorf("%w: with the prefix it has %d bytes, S3 takes %d", objstore.ErrKey, n, objstore.MaxKeyLen)
	}
	return s.prefix + key, nil
}

func infoOf(key string, o minio.ObjectInfo) objstore.Info {
	return objstore.Info{Key: key, Size: o.Size, ModTime: o.LastModified, ETag: objstore.ETag(o.ETag)}
}

// Head implements objstore.Store.
func (s *Store) Head(ctx context.Context, key string) (objstore.Info, error) {
	name, err := s.name(ctx, key)
	if err != nil {
		return objstore.Info{}, s.opError("head", key, err, false)
	}
	o, err := s.stat(ctx, name)
	if err != nil {
		return objstore.Info{}, s.fail("head", key, err)
	}
	return infoOf(key, o), nil
}

func (s *Store) stat(ctx context.Context, name string) (o minio.ObjectInfo, err error) {
	err = s.retry(ctx, func(ctx context.Context) (err error) {
		o, err = s.core.StatObject(ctx, s.bucket, name, minio.StatObjectOptions{})
		return err
	})
	return o, err
}

var _ objstore.Store = (*Store)(nil)
