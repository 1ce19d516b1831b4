package deletionvector

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The serialised forms begin with a number that tells them apart, little endian ("Deletion Vector Format").
const (
	magicPortable = 1681511377 // the 64-bit portable format of RoaringBitmap: the one that the protocol has
	magicNative   = 1681511376 // that of Delta's first writers: 32-bit bitmaps one after the other
)

// CorruptError says that a deletion vector is not what its descriptor or the protocol says.
type CorruptError struct {
	Vector string // the file and offset, or the inline text; empty for bare bytes
	Err    error
}

func (e *CorruptError) Error() string {
	at := "deletion vector"
	if e.Vector != "" {
		at += " " + e.Vector
	}
	return fmt.Sprintf("%s is damaged: %v; restore the table to a version before the file was damaged, or run fsck to see what else is", at, e.Err)
}

// Unwrap gives the reason.
func (e *CorruptError) Unwrap() error { return e.Err }

// Bytes is the serialised form of the set: the magic number and the portable format, with runs where they are shorter.
func (b *Bitmap) Bytes() ([]byte, error) {
	if top, ok := b.Max(); ok && top > math.MaxInt64 {
		return nil, fmt.Errorf("position %d is beyond what a deletion vector can hold", top)
	}
	b.set.RunOptimize()
	out := bytes.NewBuffer(make([]byte, 0, 4+b.set.GetPortableSerializedSizeInBytes()))
	if err := binary.Write(out, binary.LittleEndian, uint32(magicPortable)); err != nil {
		return nil, err
	}
	if _, err := b.set.WritePortableTo(out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Parse reads a serialised set. What follows it is ignored, since inline vectors are padded. It takes a
// small multiple of len(blob) of memory, whatever the blob says of itself. Errors: *CorruptError.
func Parse(blob []byte) (*Bitmap, error) {
	b, err := parse(blob)
	if err != nil {
		return nil, &CorruptError{Err: err}
	}
	return b, nil
}

var errShort = errors.New("it ends too early")

func parse(blob []byte) (*Bitmap, error) {
	if len(blob) < 4 {
		return nil, errShort
	}
	body := blob[4:]
	var err error
	switch magic := binary.LittleEndian.Uint32(blob); {
	case magic == magicPortable:
	case magic == magicNative:
		body, err = portable(body, binary.LittleEndian)
	case binary.BigEndian.Uint32(blob) == magicNative: // the inline example of the protocol is in this order
		body, err = portable(body, binary.BigEndian)
	default:
		err = fmt.Errorf("magic number %d is neither %d nor %d", magic, magicPortable, magicNative)
	}
	if err != nil {
		return nil, err
	}
	b := New()
	if _, err := b.set.ReadPortableFrom(bytes.NewReader(body)); err != nil {
		return nil, err
	}
	if b.set.IsEmpty() {
		return New(), nil
	}
	if err := b.set.Validate(); err != nil {
		return nil, err
	}
	if top, ok := b.Max(); ok && top > math.MaxInt64 {
		return nil, fmt.Errorf("position %d is negative as a signed number", top)
	}
	return b, nil
}

// portable makes the portable format of the native one: the number of bitmaps, then each with its length before it.
func portable(native []byte, order binary.ByteOrder) ([]byte, error) {
	if len(native) < 4 {
		return nil, errShort
	}
	n := order.Uint32(native)
	native = native[4:]
	if n > math.MaxInt32 {
		return nil, fmt.Errorf("it says that it has %d bitmaps", n)
	}
	out := binary.LittleEndian.AppendUint64(make([]byte, 0, len(native)+8), uint64(n))
	for key := range n {
		if len(native) < 4 {
			return nil, errShort
		}
		size := order.Uint32(native)
		if uint64(size) > uint64(len(native)-4) {
			return nil, errShort
		}
		out = binary.LittleEndian.AppendUint32(out, key)
		out = append(out, native[4:4+size]...)
		native = native[4+size:]
	}
	return out, nil
}
