package local

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/ingestd/ingestd/objstore"
)

// translate adds the sentinel that an error of the operating system means. What already says what
// it is, and what is the fault of a put's body, stays as it is.
func translate(err error) error {
	if errors.As(err, new(bodyError)) || errors.Is(err, objstore.ErrNotSupported) || errors.Is(err, objstore.ErrOutcomeUnknown) {
		return err
	}
	for _, m := range []struct {
		is       error
		sentinel error
		advice   string
	}{
		{fs.ErrNotExist, objstore.ErrNotExist, ""},
		{syscall.ENOTDIR, objstore.ErrNotExist, ""},
		{syscall.ENOSPC, objstore.ErrNoSpace, ": free some on the disk"},
		{syscall.EDQUOT, objstore.ErrNoSpace, ": the disk quota is used up"},
		{fs.ErrPermission, objstore.ErrPermission, ""},
		{syscall.EROFS, objstore.ErrPermission, ": the file system is read-only"},
		{syscall.ENAMETOOLONG, objstore.ErrKey, ": a name may have 255 bytes"},
	} {
		if errors.Is(err, m.is) && !errors.Is(err, m.sentinel) {
			return fmt.Errorf("%w%s: %w", m.sentinel, m.advice, err)
		}
	}
	return err
}

// bodyError is an error of the body of a put, not of this store.
type bodyError struct{ error }

func (e bodyError) Unwrap() error { return e.error }

// bodyReader marks the errors of reading a body.
type bodyReader struct{ r io.Reader }

func (b bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = bodyError{err}
	}
	return n, err
}
