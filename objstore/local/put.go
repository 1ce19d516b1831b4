package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ingestd/ingestd/objstore"
)

// Put implements objstore.Store. When ctx ends before the file has its name, nothing is written;
// after that the put is carried through.
func (s *Store) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	p, err := s.path(ctx, key)
	if err == nil {
		err = objstore.CheckCond(c)
	}
	if err != nil {
		return objstore.Info{}, s.fail("put", key, err)
	}
	fi, err := s.put(ctx, p, b, c)
	if err != nil {
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) {
			err = fmt.Errorf("%w: a file cannot be a folder too: %w", objstore.ErrNotSupported, err)
		}
		return objstore.Info{}, s.fail("put", key, err)
	}
	return infoOf(key, fi), nil
}

func (s *Store) put(ctx context.Context, target string, b objstore.Body, c objstore.Cond) (fs.FileInfo, error) {
	if c.IfAbsent { // only saves the work of writing what cannot win
		if fi, err := os.Lstat(target); err == nil && !fi.IsDir() {
			return nil, objstore.ErrPrecondition
		}
	}
	temp, fi, err := s.writeTemp(ctx, target, b)
	if temp != "" {
		defer func() { _ = os.Remove(temp) }() // after a rename it is gone
	}
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dropHadoopSum(target)
	switch {
	case c.IfAbsent:
		err = s.nameIfAbsent(temp, target)
	case c.IfMatch != "":
		err = s.nameIfMatch(ctx, temp, target, c.IfMatch)
	default:
		err = rename(temp, target)
	}
	if err != nil {
		return nil, err
	}
	if err := s.syncFolders(filepath.Dir(target)); err != nil {
		return nil, fmt.Errorf("%w: the file is there but may not outlive a power failure: %w", objstore.ErrOutcomeUnknown, err)
	}
	return fi, nil
}

// dropHadoopSum removes the checksums that Hadoop, and so Spark, keeps of a local file in another beside it. They are of the file that
// was there before, and Spark would take the new one for corrupt; a file without them it just reads. Where there are none, or
// they stay, that is no failure of the put.
func dropHadoopSum(target string) {
	_ = os.Remove(filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".crc"))
}

// writeTemp writes the body to a temporary file beside target, and syncs it. The path is "" when
// there is no file to remove.
func (s *Store) writeTemp(ctx context.Context, target string, b objstore.Body) (path string, fi fs.FileInfo, err error) {
	body, err := b.Open()
	if err != nil {
		return "", nil, bodyError{err}
	}
	defer body.Close()
	f, err := s.createTemp(filepath.Dir(target))
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, bodyReader{objstore.WithContext(ctx, objstore.ExactSize(body, b.Size))}); err != nil {
		return f.Name(), nil, err
	}
	now := s.now()
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return f.Name(), nil, err
	}
	if err := s.syncFile(f); err != nil {
		return f.Name(), nil, err
	}
	fi, err = f.Stat()
	return f.Name(), fi, err
}

// createTemp creates a temporary file in dir, and dir where it is missing. The umask says who may
// read it, as for any file: other engines must be able to.
func (s *Store) createTemp(dir string) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(dir, objstore.Reserved+rand.Text()+".tmp")
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrNotExist) || try == 3 { // 3: someone removes the folder each time
			return f, err
		}
		if err := s.mkdirs(dir); err != nil {
			return nil, err
		}
	}
}

// nameIfAbsent gives temp the name target where nothing has it.
func (s *Store) nameIfAbsent(temp, target string) error {
	err := s.link(temp, target)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EMLINK) {
		err = s.moveOver(temp, target)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
			return fmt.Errorf("%w: its file system has neither hard links nor RENAME_NOREPLACE, so two writers could both win: %w",
				objstore.ErrNotSupported, err)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return existing(temp, target)
	}
	return err
}

// existing tells what the name being taken means.
func existing(temp, target string) error {
	t, err := os.Lstat(target)
	if err == nil && t.IsDir() {
		return &fs.PathError{Op: "link", Path: target, Err: syscall.EISDIR}
	}
	// Over NFS a link whose answer was lost is asked for again and finds itself.
	if mine, merr := os.Lstat(temp); err == nil && merr == nil && os.SameFile(mine, t) {
		return nil
	}
	return objstore.ErrPrecondition
}

func (s *Store) nameIfMatch(ctx context.Context, temp, target string, want objstore.ETag) error {
	unlock, err := lockFolder(ctx, filepath.Dir(target))
	if err != nil {
		return err
	}
	defer unlock()
	fi, err := os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (!fi.Mode().IsRegular() || etag(fi) != want) {
		return objstore.ErrPrecondition
	}
	if err != nil {
		return err
	}
	return rename(temp, target)
}

// rename is rename(2), which names a folder at target clearly.
func rename(temp, target string) error {
	err := os.Rename(temp, target)
	if errors.Is(err, fs.ErrExist) {
		return &fs.PathError{Op: "rename", Path: target, Err: syscall.EISDIR}
	}
	return err
}
