package datafile

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// plainOnly is what encoders without a dictionary have in common.
type plainOnly struct{}

func (plainOnly) appendPage(dst []byte) []byte    { return dst }
func (plainOnly) dictionary([]byte) ([]byte, int) { return nil, 0 }
func (plainOnly) dictSize() int                   { return 0 }

// bools encodes booleans, one bit each.
type bools struct {
	plainOnly
	page []byte
	n    int     // in the page in hand
	seen [2]bool // of false and true in the chunk
}

func (e *bools) add(arr arrow.Array, rows []int32) {
	a := arr.(*array.Boolean)
	if rows == nil {
		for i := range a.Len() {
			e.one(a.Value(i))
		}
		return
	}
	for _, r := range rows {
		e.one(a.Value(int(r)))
	}
}

func (e *bools) one(v bool) {
	if e.n%8 == 0 {
		e.page = append(e.page, 0)
	}
	bit := 0
	if v {
		bit = 1
		e.page[len(e.page)-1] |= 1 << (e.n % 8)
	}
	e.seen[bit] = true
	e.n++
}

func (e *bools) pageSize() int { return (e.n + 7) / 8 }

func (e *bools) plain() []byte { return e.page }

func (e *bools) endPage() { e.page, e.n = e.page[:headroom], 0 }

func (e *bools) bounds() (lo, hi []byte) {
	if e.seen == [2]bool{} {
		return nil, nil
	}
	lo, hi = []byte{1}, []byte{0}
	if e.seen[0] {
		lo[0] = 0
	}
	if e.seen[1] {
		hi[0] = 1
	}
	return lo, hi
}

func (e *bools) endChunk() { e.seen = [2]bool{} }

// fileBounds: the log has none for booleans.
func (e *bools) fileBounds() (lo, hi any) { return nil, nil }

// decimals encodes decimals of more than 18 digits as FIXED_LEN_BYTE_ARRAY, big endian.
type decimals struct {
	plainOnly
	width       int
	page        []byte
	chunk, file struct {
		lo, hi decimal128.Num
		any    bool
	}
}

func (e *decimals) add(arr arrow.Array, rows []int32) {
	vals := arr.(*array.Decimal128).Values()
	if rows == nil {
		for _, v := range vals {
			e.one(v)
		}
		return
	}
	for _, r := range rows {
		e.one(vals[r])
	}
}

func (e *decimals) one(v decimal128.Num) {
	c := &e.chunk
	switch {
	case !c.any:
		c.lo, c.hi, c.any = v, v, true
	case v.Less(c.lo):
		c.lo = v
	case c.hi.Less(v):
		c.hi = v
	}
	e.page = e.appendOne(e.page, v)
}

func (e *decimals) appendOne(dst []byte, v decimal128.Num) []byte {
	hi, lo := uint64(v.HighBits()), v.LowBits()
	for b := e.width - 1; b >= 0; b-- {
		if b >= 8 {
			dst = append(dst, byte(hi>>(8*(b-8))))
		} else {
			dst = append(dst, byte(lo>>(8*b)))
		}
	}
	return dst
}

func (e *decimals) pageSize() int { return len(e.page) - headroom }

func (e *decimals) plain() []byte { return e.page }

func (e *decimals) endPage() { e.page = e.page[:headroom] }

func (e *decimals) bounds() (lo, hi []byte) {
	if !e.chunk.any {
		return nil, nil
	}
	return e.appendOne(nil, e.chunk.lo), e.appendOne(nil, e.chunk.hi)
}

func (e *decimals) endChunk() {
	c, f := &e.chunk, &e.file
	if c.any && (!f.any || c.lo.Less(f.lo)) {
		f.lo = c.lo
	}
	if c.any && (!f.any || f.hi.Less(c.hi)) {
		f.hi = c.hi
	}
	f.any = f.any || c.any
	c.any = false
}

func (e *decimals) fileBounds() (lo, hi any) {
	if !e.file.any {
		return nil, nil
	}
	return e.file.lo, e.file.hi
}
