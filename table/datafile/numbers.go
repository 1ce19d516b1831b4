package datafile

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

// sampled is how many values decide whether a column is worth a dictionary.
const sampled = 1024

// numbers encodes fixed-width numbers: PLAIN, or by dictionary where a look at the first values
// shows that they repeat.
type numbers[T number] struct {
	extract extract[T]
	value   func(T) any // as package scalar has it

	decided, useDict bool // about the chunk; a file goes on as its last chunk ended
	dict             numberDict[T]
	indices          []uint32 // of the page in hand
	page             []byte   // of the page in hand, after headroom bytes
	rows             int      // in the chunk

	chunk, file span[T]
	scratch     []T
	picked      []T
}

func newNumbers[T number](extract extract[T], value func(T) any) *numbers[T] {
	e := numbersPool[T]().Get().(*numbers[T])
	e.extract, e.value = extract, value
	return e
}

func (e *numbers[T]) add(arr arrow.Array, rows []int32) {
	if arr.Len() == 0 || rows != nil && len(rows) == 0 {
		return
	}
	var vals []T
	vals, e.scratch = e.extract(arr, e.scratch)
	if rows != nil {
		e.picked = e.picked[:0]
		for _, r := range rows {
			e.picked = append(e.picked, vals[r])
		}
		vals = e.picked
	}
	e.chunk.add(vals)
	e.rows += len(vals)
	if !e.decided {
		e.decide(vals)
	}
	if !e.useDict {
		e.page = append(e.page, asBytes(vals)...)
		return
	}
	for _, v := range vals {
		i, _ := e.dict.intern(v)
		e.indices = append(e.indices, i)
	}
}

// decide takes a dictionary if at most one in eight of the first values is new.
func (e *numbers[T]) decide(vals []T) {
	e.decided = true
	vals = vals[:min(len(vals), sampled)]
	for _, v := range vals {
		e.dict.intern(v)
	}
	e.useDict = len(e.dict.values) <= len(vals)/8
	if !e.useDict {
		e.dict.reset()
	}
}

func (e *numbers[T]) pageSize() int {
	if e.useDict {
		return len(e.indices) * indexWidth(len(e.dict.values)) / 8
	}
	return len(e.page) - headroom
}

func (e *numbers[T]) plain() []byte {
	if e.useDict && len(e.dict.values) > 0 { // a page of nulls only needs no dictionary
		return nil
	}
	return e.page
}

func (e *numbers[T]) appendPage(dst []byte) []byte {
	return appendIndices(dst, e.indices, len(e.dict.values))
}

// endPage gives the dictionary up once it is no gain any more.
func (e *numbers[T]) endPage() {
	e.indices, e.page = e.indices[:0], e.page[:headroom]
	if e.useDict && len(e.dict.values) > 4096 && len(e.dict.values) > e.rows/4 {
		e.useDict = false
	}
}

func (e *numbers[T]) dictionary([]byte) ([]byte, int) {
	return asBytes(e.dict.values), len(e.dict.values)
}

func (e *numbers[T]) dictSize() int {
	var zero T
	return len(e.dict.values) * int(unsafe.Sizeof(zero))
}

func (e *numbers[T]) bounds() (lo, hi []byte) {
	if !e.chunk.any {
		return nil, nil
	}
	l, h := e.chunk.zeros()
	lo, hi = asBytes([]T{l}), asBytes([]T{h})
	return lo, hi
}

func (e *numbers[T]) endChunk() {
	e.file.merge(e.chunk)
	e.chunk, e.rows = span[T]{}, 0
	e.decided = e.decided && !e.useDict // a dictionary proves itself anew in each row group
	e.dict.reset()
}

// fileBounds: NaN is greater than all else for Spark, so there is no greatest number with a NaN.
func (e *numbers[T]) fileBounds() (lo, hi any) {
	if !e.file.any {
		return nil, nil
	}
	l, h := e.file.zeros()
	if e.file.nan {
		return e.value(l), nil
	}
	return e.value(l), e.value(h)
}
