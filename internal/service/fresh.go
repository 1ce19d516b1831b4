package service

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// Find is Open, but for a place without a table, for which it is nil. Errors: otherwise those of Open.
func (t Tables) Find(ctx context.Context, location string) (*table.Table, error) {
	tab, err := t.Open(ctx, location)
	if notATable(err) {
		return nil, nil
	}
	return tab, err
}

// Fresh lets create make a table at a path or URL. Where that fails, folders that it has left empty are gone after it.
// Errors: those of Store and of create.
func (t Tables) Fresh(ctx context.Context, location string, create func(objstore.Store, ...table.Option) error) error {
	store, err := t.Store(ctx, location)
	if err != nil {
		return err
	}
	made := missing(store.URL())
	err = create(store, t.options()...)
	if overtaken := (*table.OvertakenError)(nil); err != nil && !errors.As(err, &overtaken) {
		removeEmpty(made)
	}
	return err
}

// missing is the highest folder on the way to a place in the local file system that is not there; "" where all are, or the place is
// elsewhere.
func missing(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	top := ""
	for dir := filepath.Clean(u.Path); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return top
		}
		top = dir
	}
}

// removeEmpty removes folders below dir and dir itself, as far as there is no file in them.
func removeEmpty(dir string) {
	if dir == "" {
		return
	}
	var dirs []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for _, d := range slices.Backward(dirs) {
		_ = os.Remove(d) // it stays where there is something in it
	}
}
