package local

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/ingestd/ingestd/objstore"
)

// List implements objstore.Store. It opens only folders that can hold a match.
//
// Within a folder, a file stands at its name and a folder at its name with "/" after it: all keys
// below the folder begin with that, so this order of the entries is the order of the whole keys.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		w := walk{ctx: ctx, root: s.root, prefix: prefix, after: after, yield: yield}
		dir := "" // the deepest folder that holds all matches; key of a folder: "" or ends with "/"
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			dir = prefix[:i+1]
		}
		err := ctx.Err()
		if err == nil && validFolder(dir) {
			err = w.folder(dir, nil)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(objstore.Info{}, s.fail("list", prefix, err))
		}
	}
}

// validFolder says whether keys can begin with dir; no path may leave the root.
func validFolder(dir string) bool {
	return dir == "" || objstore.CheckKey(strings.TrimSuffix(dir, "/")) == nil
}

var errStopped = errors.New("the loop stopped")

type walk struct {
	ctx           context.Context //nolint:containedctx // lives as long as one List
	root          string
	prefix, after string
	yield         func(objstore.Info, error) bool
}

// entry is a file, or a folder when its key ends with "/".
type entry struct {
	key string
	fs.DirEntry
}

// folder yields the matches below dir; above are the folders on the way to it.
func (w *walk) folder(dir string, above []fs.FileInfo) error {
	entries, self, err := w.read(dir)
	if err != nil || slices.ContainsFunc(above, func(fi fs.FileInfo) bool { return os.SameFile(fi, self) }) {
		return err
	}
	above = append(above, self)
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if strings.HasSuffix(e.key, "/") {
			err = w.folder(e.key, above)
		} else {
			err = w.file(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) file(e entry) error {
	fi, err := e.Info()
	if err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		fi, err = os.Stat(w.path(e.key))
	}
	switch {
	case gone(err) || err == nil && !fi.Mode().IsRegular():
		return nil
	case err != nil:
		return err
	case !w.yield(infoOf(e.key, fi), nil):
		return errStopped
	}
	return nil
}

// gone says that the file or folder was deleted since it was listed, or is a link to nothing.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

func (w *walk) path(key string) string { return filepath.Join(w.root, filepath.FromSlash(key)) }

// read returns the entries of dir that are or can hold matches, in the order of their keys, and
// the folder itself. A folder that is not there has no entries.
func (w *walk) read(dir string) ([]entry, fs.FileInfo, error) {
	f, err := openFile(w.path(dir))
	if gone(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	self, err := f.Stat()
	if err != nil || !self.IsDir() {
		return nil, self, err
	}
	all, err := f.ReadDir(-1)
	if err != nil {
		return nil, self, err
	}
	var entries []entry
	for _, d := range all {
		if name := d.Name(); strings.HasPrefix(name, objstore.Reserved) || !utf8.ValidString(name) {
			continue
		}
		key := path.Join(dir, d.Name())
		if w.isFolder(key, d) {
			key += "/"
		}
		if w.matches(key) {
			entries = append(entries, entry{key, d})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return entries, self, nil
}

func (w *walk) isFolder(key string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.IsDir()
	}
	fi, err := os.Stat(w.path(key))
	return err == nil && fi.IsDir()
}

// matches says whether a file is a match, or a folder may hold one.
func (w *walk) matches(key string) bool {
	if !strings.HasSuffix(key, "/") {
		return strings.HasPrefix(key, w.prefix) && key > w.after
	}
	return (strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key)) &&
		(key > w.after || strings.HasPrefix(w.after, key))
}
