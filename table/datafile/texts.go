package datafile

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// When a dictionary of strings is given up, in favour of PLAIN for the rest of the row group.
const (
	dictEarlyRows = 32 << 10 // by then nearly all values were new
	dictSoftBytes = 2 << 20  // at most half of the values repeat
	dictHardBytes = 4 << 20  // in any case
)

// texts encodes strings and binaries. Arrow dictionaries of int32 indices are made one dictionary
// per row group by a table from the batch's indices to the row group's: only values that a batch
// has not shown yet are hashed. Other arrays are PLAIN, or interned one by one where a look at the
// first values shows that they repeat.
type texts struct {
	isString bool

	decided, useDict bool // about the chunk; a file goes on as its last chunk ended
	dict             byteDict
	indices          []uint32 // of the page in hand
	page             []byte   // of the page in hand, after headroom bytes
	rows             int      // in the chunk

	from  arrow.ArrayData // the dictionary that remap is about; nil: none
	remap []uint32        // its indices to those of dict, plus 1; 0 is not known yet

	fresh []int32 // scratch: values to be looked up

	chunk, file byteSpan
}

func newTexts(isString bool) *texts {
	e := textsPool.Get().(*texts)
	e.isString = isString
	return e
}

func (e *texts) add(arr arrow.Array, rows []int32) {
	if d, ok := arr.(*array.Dictionary); ok {
		e.addDictionary(d, rows)
		return
	}
	offsets, data := textParts(arr)
	n := len(rows)
	if rows == nil {
		n = arr.Len()
	}
	if n == 0 {
		return
	}
	if !e.decided {
		e.decide(offsets, data, rows)
	}
	e.rows += n
	switch {
	case e.useDict && rows == nil:
		for i := range n {
			e.internOne(data[offsets[i]:offsets[i+1]])
		}
	case e.useDict:
		for _, i := range rows {
			e.internOne(data[offsets[i]:offsets[i+1]])
		}
	case rows == nil:
		e.addPlain(offsets, data)
	default:
		for _, i := range rows {
			e.addOne(data[offsets[i]:offsets[i+1]])
		}
	}
}

// textParts gives the offsets of an array's own rows and the bytes that they point into.
func textParts(arr arrow.Array) ([]int32, []byte) {
	d := arr.Data()
	if d.Len() == 0 {
		return []int32{0}, nil
	}
	offsets := fromBytes[int32](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()+1]
	if d.Buffers()[2] == nil {
		return offsets, nil
	}
	return offsets, d.Buffers()[2].Bytes()
}

// decide takes a dictionary unless nearly all of the first values are new.
func (e *texts) decide(offsets []int32, data []byte, rows []int32) {
	e.decided = true
	n := min(2*sampled, len(offsets)-1)
	if rows != nil {
		n = min(2*sampled, len(rows))
	}
	for i := range n {
		r := int32(i)
		if rows != nil {
			r = rows[i]
		}
		e.dict.intern(data[offsets[r]:offsets[r+1]])
	}
	e.useDict = e.dict.len() <= n/20*19
	if !e.useDict {
		e.dict.reset()
		return
	}
	for v := range e.dict.values() { // they are new only once
		e.chunk.add(v)
	}
}

func (e *texts) internOne(v []byte) {
	i, fresh := e.dict.intern(v)
	if fresh {
		e.chunk.add(v)
	}
	e.indices = append(e.indices, i)
}

func (e *texts) addOne(v []byte) {
	e.chunk.add(v)
	e.page = binary.LittleEndian.AppendUint32(e.page, uint32(len(v)))
	e.page = append(e.page, v...)
}

func (e *texts) addPlain(offsets []int32, data []byte) {
	n := len(offsets) - 1
	at := len(e.page)
	e.page = extend(e.page, 4*n+int(offsets[n]-offsets[0]))
	page := e.page
	start := offsets[0]
	for _, end := range offsets[1:] {
		v := data[start:end]
		binary.LittleEndian.PutUint32(page[at:], uint32(len(v)))
		copy(page[at+4:], v)
		at += 4 + len(v)
		e.chunk.add(v)
		start = end
	}
}

func (e *texts) addDictionary(d *array.Dictionary, rows []int32) {
	indices := memoryOf[int32](d.Indices())
	n := len(indices)
	if rows != nil {
		n = len(rows)
	}
	if n == 0 {
		return
	}
	values := d.Dictionary()
	offsets, data := textParts(values)
	if !e.decided {
		e.decided, e.useDict = true, true
	}
	e.rows += n
	if !e.useDict {
		e.dictionaryAsPlain(indices, rows, offsets, data)
		return
	}
	if e.from != d.Data().Dictionary() {
		e.from = d.Data().Dictionary()
		e.remap = zeroed(e.remap, values.Len())
	}
	e.learn(indices, rows, offsets, data)
	at := len(e.indices)
	e.indices = extend(e.indices, n)
	out := e.indices[at:]
	if rows == nil {
		for i, x := range indices {
			out[i] = e.remap[x] - 1
		}
		return
	}
	for i, r := range rows {
		out[i] = e.remap[indices[r]] - 1
	}
}

// learn fills remap for the values that are used and not known yet.
func (e *texts) learn(indices, rows, offsets []int32, data []byte) {
	e.fresh = e.fresh[:0]
	if rows == nil {
		for _, x := range indices {
			if e.remap[x] == 0 {
				e.remap[x] = 1 // until below, so that it is noted once
				e.fresh = append(e.fresh, x)
			}
		}
	} else {
		for _, r := range rows {
			if x := indices[r]; e.remap[x] == 0 {
				e.remap[x] = 1
				e.fresh = append(e.fresh, x)
			}
		}
	}
	var hashes [ahead]uint64
	for fresh := range slices.Chunk(e.fresh, ahead) {
		e.dict.fetch(offsets, data, fresh, &hashes)
		for k, x := range fresh {
			v := data[offsets[x]:offsets[x+1]]
			i, isNew := e.dict.internHashed(v, hashes[k])
			if isNew {
				e.chunk.add(v)
			}
			e.remap[x] = i + 1
		}
	}
}

func (e *texts) dictionaryAsPlain(indices, rows, offsets []int32, data []byte) {
	if rows == nil {
		for _, x := range indices {
			e.addOne(data[offsets[x]:offsets[x+1]])
		}
		return
	}
	for _, r := range rows {
		x := indices[r]
		e.addOne(data[offsets[x]:offsets[x+1]])
	}
}

// forget lets go of the batch's memory.
func (e *texts) forget() { e.from = nil }

func (e *texts) pageSize() int {
	if e.useDict {
		return len(e.indices) * indexWidth(e.dict.len()) / 8
	}
	return len(e.page) - headroom
}

func (e *texts) plain() []byte {
	if e.useDict && e.dict.len() > 0 { // a page of nulls only needs no dictionary
		return nil
	}
	return e.page
}

func (e *texts) appendPage(dst []byte) []byte { return appendIndices(dst, e.indices, e.dict.len()) }

func (e *texts) endPage() {
	e.indices, e.page = e.indices[:0], e.page[:headroom]
	if !e.useDict {
		return
	}
	n, size := e.dict.len(), e.dict.pageSize()
	if e.rows >= dictEarlyRows && n > e.rows/10*9 || size > dictSoftBytes && n > e.rows/2 || size > dictHardBytes {
		e.useDict = false
	}
}

func (e *texts) dictionary(scratch []byte) ([]byte, int) {
	return e.dict.appendPage(scratch[:0]), e.dict.len()
}

func (e *texts) dictSize() int { return e.dict.pageSize() }

// longestBound is what a footer may hold of a string; a longer one would be no use to anybody.
const longestBound = 1024

func (e *texts) bounds() (lo, hi []byte) {
	if !e.chunk.any || len(e.chunk.lo) > longestBound || len(e.chunk.hi) > longestBound {
		return nil, nil
	}
	return append([]byte{}, e.chunk.lo...), append([]byte{}, e.chunk.hi...)
}

func (e *texts) endChunk() {
	e.file.merge(&e.chunk)
	e.chunk.reset()
	e.rows, e.from = 0, nil
	e.decided = e.decided && !e.useDict // a dictionary proves itself anew in each row group
	e.dict.reset()
}

func (e *texts) fileBounds() (lo, hi any) {
	if !e.file.any || !e.isString {
		return nil, nil
	}
	return string(e.file.lo), string(e.file.hi)
}
