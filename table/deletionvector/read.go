package deletionvector

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/url"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// The ways in which vectors are stored ("Deletion Vector Descriptor Schema").
const (
	Inline   = "i" // in the log itself, as base85
	Relative = "u" // in a file below the table, named by a UUID
	Absolute = "p" // in a file named by its URL
)

// fileVersion is the first byte of a file of vectors.
const fileVersion = 1

// closeBy is how near to the start of its file a vector lies for the version to be read along with it.
const closeBy = 64 << 10

// Path is the file of a vector, decoded: relative to the table for storage type "u", a URL or an absolute
// path for "p". Errors: *CorruptError, also for an inline vector, which has none.
func Path(d *action.DeletionVector) (string, error) {
	corrupt := func(err error) (string, error) { return "", &CorruptError{Vector: quote(d), Err: err} }
	switch d.StorageType {
	case Relative:
		n := len(d.PathOrInlineDv) - uuidLength
		if n < 0 {
			return corrupt(errors.New("the text is shorter than a UUID"))
		}
		id, err := decodeUUID(d.PathOrInlineDv[n:])
		if err != nil {
			return corrupt(err)
		}
		return fileName(d.PathOrInlineDv[:n], id.String()), nil
	case Absolute:
		path, err := url.PathUnescape(d.PathOrInlineDv)
		if err != nil {
			return corrupt(err)
		}
		return path, nil
	}
	return corrupt(fmt.Errorf("storage type %q has no file", d.StorageType))
}

func fileName(prefix, id string) string {
	name := "deletion_vector_" + id + ".bin"
	if prefix != "" {
		return prefix + "/" + name
	}
	return name
}

// quote names a vector in messages.
func quote(d *action.DeletionVector) string {
	text := d.PathOrInlineDv
	if len(text) > 60 {
		text = text[:60] + "..."
	}
	return d.StorageType + text
}

// Read gives the rows that a descriptor says are deleted. open says where the file of a vector is, by what
// Path gives; it is not asked for an inline one. Size, checksum and cardinality are verified.
// Errors: *CorruptError, those of open and of the store (objstore.ErrNotExist).
func Read(ctx context.Context, open func(path string) (objstore.Store, string, error), d *action.DeletionVector) (*Bitmap, error) {
	name := quote(d)
	var blob []byte
	var err error
	if d.StorageType == Inline {
		blob, err = inline(d)
	} else {
		var path string
		if path, err = Path(d); err != nil {
			return nil, err
		}
		name = fmt.Sprintf("%s at %d", path, offsetOf(d))
		var store objstore.Store
		var key string
		if store, key, err = open(path); err != nil {
			return nil, err
		}
		blob, err = readFile(ctx, store, key, offsetOf(d), int64(d.SizeInBytes))
	}
	var b *Bitmap
	if err == nil {
		b, err = parse(blob)
	}
	if err == nil && b.Cardinality() != d.Cardinality {
		err = fmt.Errorf("it has %d rows and the log says %d", b.Cardinality(), d.Cardinality)
	}
	var store *storeError
	switch {
	case errors.As(err, &store):
		return nil, store.err
	case err != nil:
		return nil, &CorruptError{Vector: name, Err: err}
	}
	return b, nil
}

func offsetOf(d *action.DeletionVector) int64 {
	if d.Offset == nil {
		return 0
	}
	return int64(*d.Offset)
}

func inline(d *action.DeletionVector) ([]byte, error) {
	b, err := decode85(d.PathOrInlineDv)
	if err != nil {
		return nil, err
	}
	if d.SizeInBytes < 0 || int(d.SizeInBytes) > len(b) {
		return nil, fmt.Errorf("it has %d bytes and the log says %d", len(b), d.SizeInBytes)
	}
	return b[:d.SizeInBytes], nil
}

// storeError is an error of the store, which says nothing of the vector.
type storeError struct{ err error }

func (e *storeError) Error() string { return e.err.Error() }

// readFile reads one vector of a file: its size, the blob, and the CRC-32 of that, all big endian.
func readFile(ctx context.Context, store objstore.Store, key string, offset, size int64) ([]byte, error) {
	if offset < 0 || size < 0 {
		return nil, fmt.Errorf("offset %d and size %d", offset, size)
	}
	start := offset
	if offset <= closeBy {
		start = 0
	} else if err := checkVersion(ctx, store, key); err != nil {
		return nil, err
	}
	b, err := readRange(ctx, store, key, start, offset-start+size+8)
	if err != nil {
		return nil, err
	}
	if start == 0 && offset > 0 && b[0] != fileVersion {
		return nil, errVersion(b[0])
	}
	b = b[offset-start:]
	if n := int64(binary.BigEndian.Uint32(b)); n != size {
		return nil, fmt.Errorf("the file says that it has %d bytes and the log %d", n, size)
	}
	blob, sum := b[4:4+size], binary.BigEndian.Uint32(b[4+size:])
	if got := crc32.ChecksumIEEE(blob); got != sum {
		return nil, fmt.Errorf("its checksum is %08x and should be %08x", got, sum)
	}
	return blob, nil
}

func checkVersion(ctx context.Context, store objstore.Store, key string) error {
	b, err := readRange(ctx, store, key, 0, 1)
	if err == nil && b[0] != fileVersion {
		err = errVersion(b[0])
	}
	return err
}

func errVersion(v byte) error {
	return fmt.Errorf("the file is of format version %d; this program knows %d", v, fileVersion)
}

// readRange reads n bytes, and makes no room for them before the store says that they are there.
func readRange(ctx context.Context, store objstore.Store, key string, offset, n int64) ([]byte, error) {
	r, info, err := store.Get(ctx, key, objstore.Range{Offset: offset, Length: n})
	if errors.Is(err, objstore.ErrRange) {
		return nil, errShort
	}
	if err != nil {
		return nil, &storeError{err}
	}
	defer func() { _ = r.Close() }() // it was only read
	if info.Size < offset+n {
		return nil, fmt.Errorf("%w: the file has %d bytes, not %d", errShort, info.Size, offset+n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, &storeError{fmt.Errorf("read %d bytes at %d of %s: %w", n, offset, key, err)}
	}
	return b, nil
}
