package objstore

import "fmt"

// Resolve turns r into the first byte and the number of bytes to read of an object of that size.
// A range that ends past the end is cut; a suffix longer than the object is the whole object, and
// a suffix of an empty object is empty. It fails with ErrRange when r starts at or past the end
// (an Offset of 0 never does) or has a negative Length.
func (r Range) Resolve(size int64) (off, n int64, err error) {
	if r.Offset < 0 {
		off = max(size+r.Offset, 0)
		return off, size - off, nil
	}
	if r.Length < 0 || r.Offset > 0 && r.Offset >= size {
		return 0, 0, fmt.Errorf("%w: %s of %d bytes", ErrRange, r, size)
	}
	n = size - r.Offset
	if r.Length > 0 {
		n = min(n, r.Length)
	}
	return r.Offset, n, nil
}

// String spells r for messages, such as "bytes 10 to 19" or "the last 8 bytes".
func (r Range) String() string {
	switch {
	case r.Offset < 0:
		return fmt.Sprintf("the last %d bytes", -r.Offset)
	case r.Length == 0:
		return fmt.Sprintf("bytes from %d", r.Offset)
	default:
		return fmt.Sprintf("bytes %d to %d", r.Offset, r.Offset+r.Length-1)
	}
}
