package table

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog/action"
)

// ForeignFileError says that a data file or deletion vector lies outside of the table's store where this program was not told how to reach it.
type ForeignFileError struct{ URL, Location string }

func (e *ForeignFileError) Error() string {
	return fmt.Sprintf("table %s has a file outside of it, %s, which cannot be reached: open the table where both can be read", e.Location, e.URL)
}

// locate gives the store and the key of a data file. Most are below the table; an absolute path may name
// one that is there too, one of a local disk, or one of another store.
func (t *Table) locate(ctx context.Context, add *action.Add) (objstore.Store, string, error) {
	key, absolute, err := partition.DecodePath(add.Path)
	if err != nil {
		return nil, "", err
	}
	return t.locateKey(ctx, key, absolute)
}

// locateKey is locate for a decoded path.
func (t *Table) locateKey(ctx context.Context, key string, absolute bool) (objstore.Store, string, error) {
	if !absolute {
		return t.Store(), path.Clean(key), nil
	}
	here := canonical(decoded(t.Location()))
	if rest, ok := strings.CutPrefix(canonical(key), strings.TrimSuffix(here, "/")+"/"); ok {
		return t.Store(), rest, nil
	}
	store, name, err := t.conf.openOther(ctx, canonical(key))
	if err != nil {
		return nil, "", fmt.Errorf("file %s of %s: %w", key, t.Location(), err)
	}
	if store == nil {
		return nil, "", &ForeignFileError{URL: key, Location: t.Location()}
	}
	return store, name, nil
}

func decoded(u string) string {
	if s, err := url.PathUnescape(u); err == nil {
		return s
	}
	return u
}

// canonical spells a decoded URL in one way: a local path without scheme, Hadoop's names of S3 as s3.
func canonical(u string) string {
	scheme, rest, ok := strings.Cut(u, ":")
	if !ok || strings.Contains(scheme, "/") {
		return path.Clean(u)
	}
	switch strings.ToLower(scheme) {
	case "file":
		if host, ok := strings.CutPrefix(rest, "//"); ok {
			_, rest, _ = strings.Cut(host, "/")
			rest = "/" + rest
		}
		return path.Clean(rest)
	case "s3a", "s3n":
		return "s3:" + rest
	}
	return u
}

// openLocalFile reaches files of this machine: the default of WithOtherStores. No store means that the URL is none of them.
func openLocalFile(_ context.Context, u string) (objstore.Store, string, error) {
	if !strings.HasPrefix(u, "/") {
		return nil, "", nil
	}
	dir, name := filepath.Split(filepath.FromSlash(u))
	s, err := local.New(dir)
	return s, name, err
}

// CanonicalPath is the same text for all paths that name one file: engines escape characters differently, and a remove need
// not be spelled as the add was.
func CanonicalPath(path string) string {
	key, absolute, err := partition.DecodePath(path)
	switch {
	case err != nil:
		return path
	case absolute:
		return canonical(key)
	}
	return key
}
