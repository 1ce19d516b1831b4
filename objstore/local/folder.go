package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

// mkdirs makes dir and the folders above it that are missing, each durable before the next.
func (s *Store) mkdirs(dir string) error {
	err := os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		if err := s.mkdirs(filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o777)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // by another; syncFolders sees to it that it lasts
	}
	if err != nil {
		return err
	}
	s.synced.Delete(dir)
	return s.syncEntry(dir)
}

// syncFolders makes a new name in dir durable, and dir's own path down from the root: another
// process may have made a folder and died before it synced it.
func (s *Store) syncFolders(dir string) error {
	if err := s.syncFolder(dir); err != nil {
		return err
	}
	for ; len(dir) >= len(s.root) && filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if err := s.syncEntry(dir); err != nil {
			return err
		}
	}
	return nil
}

// syncEntry makes the name of folder dir durable, once.
func (s *Store) syncEntry(dir string) error {
	if _, done := s.synced.Load(dir); done {
		return nil
	}
	err := s.syncFolder(filepath.Dir(dir))
	if errors.Is(err, fs.ErrPermission) && dir == s.root {
		err = nil // the root is made by the user, in a folder that may be closed to us
	}
	if err == nil {
		s.synced.Store(dir, true)
	}
	return err
}

func (s *Store) syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	err = s.syncFile(f)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil // a file system that has no sync of folders does not need it or cannot have it
	}
	return err
}

// RemoveStale removes temporary files that were last written before that time: those of processes
// that died. It returns how many. A put that is under way longer than that loses its file and
// fails, so leave hours.
func (s *Store) RemoveStale(ctx context.Context, before time.Time) (int, error) {
	n := 0
	err := filepath.WalkDir(s.root, func(p string, d fs.DirEntry, err error) error {
		if gone(err) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if d.IsDir() || !strings.HasPrefix(d.Name(), objstore.Reserved) || filepath.Ext(d.Name()) != ".tmp" {
			return nil
		}
		fi, err := d.Info()
		if err == nil && fi.ModTime().Before(before) {
			err = unlink(p)
			n++
		}
		if gone(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return n, s.fail("delete", "", err)
	}
	return n, nil
}

var _ objstore.Store = (*Store)(nil)
