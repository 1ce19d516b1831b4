// Package open makes a store from a URL: the one place that knows all kinds of stores.
package open

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/arbiter"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/objstore/s3"
)

// Config is how to reach stores of each kind, whichever of them a URL names.
type Config struct {
	S3 s3.Options
	// S3Commits, where set, is the DynamoDB table that commits to tables in S3 go through, for stores without conditional puts.
	S3Commits *arbiter.Options
}

// URL returns the store rooted at a URL. It sends no request and creates nothing; so what does not
// exist is found out by the first call to the store. Known are
//
//	/path, path, ./path, file:///path, file:/path   a directory; relative to the working directory
//	s3://bucket/prefix, s3a://, s3n://              a prefix in a bucket
//	memory://name                                   in this process, the same for the same name; for tests
//
// A file URL is percent-decoded; a path and an s3 URL are taken as they are. Errors: a scheme that
// is not known wraps objstore.ErrNotSupported.
func URL(ctx context.Context, rawURL string, c Config) (objstore.Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open %s: %w", rawURL, err)
	}
	scheme, rest, _ := strings.Cut(rawURL, ":")
	switch {
	case rawURL == "":
		return nil, errors.New("open: a path or URL is needed")
	case strings.EqualFold(scheme, "file") && strings.HasPrefix(rest, "/"):
		path, err := filePath(rawURL)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", rawURL, err)
		}
		return openLocal(path)
	case !strings.HasPrefix(rest, "//"):
		return openLocal(rawURL)
	}
	switch strings.ToLower(scheme) {
	case "s3", "s3a", "s3n":
		return openS3(strings.ToLower(scheme)+":"+rest, c)
	case "memory":
		return memory(strings.Trim(rest, "/")), nil
	}
	return nil, fmt.Errorf("open %s://...: %w: scheme %q; there are paths, file://, s3:// and memory://", scheme, objstore.ErrNotSupported, scheme)
}

func openS3(url string, c Config) (objstore.Store, error) {
	s, err := s3.New(url, c.S3)
	if err != nil {
		return nil, err
	}
	if c.S3Commits == nil {
		return s, nil
	}
	a, err := arbiter.New(s, *c.S3Commits)
	if err != nil {
		return nil, err
	}
	return a, nil
}

func openLocal(path string) (objstore.Store, error) {
	s, err := local.New(path)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// filePath is the path of a file URL. A host other than localhost is refused: it is most often the
// first folder of a path with a slash too few.
func filePath(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", err
	}
	switch {
	case u.Host != "" && u.Host != "localhost":
		return "", fmt.Errorf("it names the host %q: write file:///%s%s for a path", u.Host, u.Host, u.Path)
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("? and # in a path must be written %3F and %23 in a URL; or give the path without file://")
	case u.Path == "":
		return "", errors.New("it names no path")
	}
	return filepath.FromSlash(u.Path), nil
}

// memories are the stores of memory:// URLs. A process-wide table is what makes a name mean the
// same to two openers, as it does for the other schemes.
var memories = struct {
	sync.Mutex
	byName map[string]*mem.Store
}{byName: map[string]*mem.Store{}}

func memory(name string) *mem.Store {
	memories.Lock()
	defer memories.Unlock()
	s, ok := memories.byName[name]
	if !ok {
		s = mem.New(mem.WithURL("memory://" + name))
		memories.byName[name] = s
	}
	return s
}
