package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

// Store is an objstore.Store in a directory. Make one with New.
type Store struct {
	root string
	url  string
	now  func() time.Time

	synced sync.Map // folders (string) whose entry in the folder above is known to be durable

	link     func(oldname, newname string) error // os.Link; tests replace it
	moveOver func(oldname, newname string) error // renameNoReplace
	syncFile func(*os.File) error                // (*os.File).Sync
}

// Option changes what New makes.
type Option func(*Store)

// WithNow sets the clock that gives modification times to files put; the default is time.Now.
func WithNow(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// New is the store rooted at the directory dir, which the first put creates with the folders
// above it. It fails when dir is there but no directory (ErrNotSupported).
func New(dir string, opts ...Option) (*Store, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	if fi, err := os.Stat(root); err == nil && !fi.IsDir() {
		return nil, fmt.Errorf("open %s: %w: it is a file, a directory is needed", root, objstore.ErrNotSupported)
	}
	s := &Store{
		root:     root,
		url:      (&url.URL{Scheme: "file", Path: filepath.ToSlash(root)}).String(),
		now:      time.Now,
		link:     os.Link,
		moveOver: renameNoReplace,
		syncFile: (*os.File).Sync,
	}
	for _, o := range opts {
		o(s)
	}
	return s, nil
}

// URL implements objstore.Store: a file URL, percent-encoded where a URL must be.
func (s *Store) URL() string { return s.url }

// Root is the absolute path of the root directory, for engines that want a path.
func (s *Store) Root() string { return s.root }

// path checks the key and returns the file's path.
func (s *Store) path(ctx context.Context, key string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := objstore.CheckKey(key); err != nil {
		return "", err
	}
	return filepath.Join(s.root, filepath.FromSlash(key)), nil
}

func (s *Store) fail(op, key string, err error) error {
	return &objstore.OpError{Op: op, Key: key, Store: s.url, Err: translate(err)}
}

func infoOf(key string, fi fs.FileInfo) objstore.Info {
	return objstore.Info{Key: key, Size: fi.Size(), ModTime: fi.ModTime(), ETag: etag(fi)}
}

func etag(fi fs.FileInfo) objstore.ETag {
	return objstore.ETag(fmt.Sprintf("%x-%x-%x", fi.Size(), fi.ModTime().UnixNano(), inode(fi)))
}

// Head implements objstore.Store.
func (s *Store) Head(ctx context.Context, key string) (objstore.Info, error) {
	p, err := s.path(ctx, key)
	if err != nil {
		return objstore.Info{}, s.fail("head", key, err)
	}
	fi, err := os.Stat(p)
	if err == nil && !fi.Mode().IsRegular() {
		err = objstore.ErrNotExist
	}
	if err != nil {
		return objstore.Info{}, s.fail("head", key, err)
	}
	return infoOf(key, fi), nil
}

// Get implements objstore.Store. A put that replaces the object does not disturb the reader.
func (s *Store) Get(ctx context.Context, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	p, err := s.path(ctx, key)
	if err != nil {
		return nil, objstore.Info{}, s.fail("get", key, err)
	}
	rc, info, err := openRange(ctx, p, key, r)
	if err != nil {
		return nil, objstore.Info{}, s.fail("get", key, err)
	}
	return rc, info, nil
}

type reader struct {
	io.Reader
	io.Closer
}

func openRange(ctx context.Context, path, key string, r objstore.Range) (io.ReadCloser, objstore.Info, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, objstore.Info{}, err
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = objstore.ErrNotExist
	}
	var off, n int64
	if err == nil {
		off, n, err = r.Resolve(fi.Size())
	}
	if err != nil {
		_ = f.Close()
		return nil, objstore.Info{}, err
	}
	return reader{objstore.WithContext(ctx, io.NewSectionReader(f, off, n)), f}, infoOf(key, fi), nil
}

// Delete implements objstore.Store. It goes on after an error and reports all errors.
func (s *Store) Delete(ctx context.Context, keys ...string) error {
	var errs []error
	for _, key := range keys {
		p, err := s.path(ctx, key)
		if err == nil {
			err = unlink(p)
			dropHadoopSum(p)
		}
		if err != nil {
			errs = append(errs, s.fail("delete", key, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// unlink removes a file and never a folder. Nothing there is success.
func unlink(path string) error {
	err := syscall.Unlink(path)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if fi, serr := os.Lstat(path); serr == nil && fi.IsDir() {
		return nil
	}
	return &fs.PathError{Op: "unlink", Path: path, Err: err}
}
