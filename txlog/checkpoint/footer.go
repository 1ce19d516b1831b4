package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// checkFooter walks the footer of a Parquet file, in the compact protocol of Thrift, before it is decoded: the library
// makes room for as many bytes and list elements as the footer claims, and a hostile one claims more than there are.
func checkFooter(src *source) error {
	if src.size < 12 {
		return fmt.Errorf("%d bytes are no Parquet file", src.size)
	}
	var end [8]byte
	if _, err := src.ReadAt(end[:], src.size-8); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(end[:4]))
	if n > src.size-12 {
		return fmt.Errorf("its footer would have %d of %d bytes", n, src.size)
	}
	footer := make([]byte, n)
	if _, err := src.ReadAt(footer, src.size-8-n); err != nil {
		return err
	}
	w := thriftWalker{rest: footer}
	if err := w.structure(0); err != nil {
		return fmt.Errorf("its footer is damaged: %w", err)
	}
	return nil
}

var (
	errFooterEnds = errors.New("it claims to go on after its end")
	errFooterDeep = errors.New("it is nested too deeply")
	errFooterType = errors.New("it has a field of no known type")
)

const footerDepth = 32 // structs in structs; the real ones have 6

// thriftWalker passes over values without decoding them.
type thriftWalker struct{ rest []byte }

func (w *thriftWalker) skip(n uint64) error {
	if n > uint64(len(w.rest)) {
		return errFooterEnds
	}
	w.rest = w.rest[n:]
	return nil
}

func (w *thriftWalker) byte() (byte, error) {
	if len(w.rest) == 0 {
		return 0, errFooterEnds
	}
	b := w.rest[0]
	w.rest = w.rest[1:]
	return b, nil
}

func (w *thriftWalker) varint() (uint64, error) {
	v, n := binary.Uvarint(w.rest)
	if n <= 0 {
		return 0, errFooterEnds
	}
	w.rest = w.rest[n:]
	return v, nil
}

func (w *thriftWalker) structure(depth int) error {
	if depth > footerDepth {
		return errFooterDeep
	}
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field id follows
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind > 2 { // else a boolean, which is in the head
			if err := w.value(kind, depth); err != nil {
				return err
			}
		}
	}
}

// value passes over a value of a kind, as an element of a list where it is a boolean.
func (w *thriftWalker) value(kind byte, depth int) error {
	if depth > footerDepth {
		return errFooterDeep
	}
	switch kind {
	case 1, 2, 3: // boolean, byte
		return w.skip(1)
	case 4, 5, 6: // integers
		_, err := w.varint()
		return err
	case 7: // double
		return w.skip(8)
	case 8: // binary
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case 9, 10: // list, set
		return w.list(depth)
	case 11: // map
		return w.mapping(depth)
	case 12:
		return w.structure(depth + 1)
	}
	return errFooterType
}

// list: an element has at least one byte, so there cannot be more elements than bytes.
func (w *thriftWalker) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(w.rest)) {
		return errFooterEnds
	}
	for range n {
		if err := w.value(head&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *thriftWalker) mapping(depth int) error {
	n, err := w.varint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.byte()
	if err != nil {
		return err
	}
	if n > uint64(len(w.rest)) {
		return errFooterEnds
	}
	for range n {
		if err := errors.Join(w.value(kinds>>4, depth+1), w.value(kinds&15, depth+1)); err != nil {
			return err
		}
	}
	return nil
}
