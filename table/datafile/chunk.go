package datafile

import (
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// maxPageRows ends a page of values that take little room, so that the indices in hand stay in the
// processor's cache.
const maxPageRows = 64 << 10

// chunk is a column of the row group in hand: finished pages and the one being filled.
type chunk struct {
	*leaf
	enc       encoder
	pageLimit int // bytes

	defs, reps levels
	entries    int // in the page in hand, nulls among them

	out     blocks
	codec   *codec // nil: not known yet whether compressing is worth it
	chosen  *codec // what the writer was told to use
	scratch *buffers

	stats     chunkCounts
	fileNulls int64 // of finished chunks
}

// chunkCounts is what the footer says of a chunk.
type chunkCounts struct {
	entries, nulls   int64
	raw, compressed  int64
	plain, dictPages int32
}

// write adds the values of an array that the slots say.
func (c *chunk) write(arr arrow.Array, s slots) error {
	if s.dense {
		if err := c.writeDense(arr, s.def); err != nil {
			return err
		}
	} else if err := c.writeSparse(arr, s); err != nil {
		return err
	}
	c.entries += s.n
	if c.entries >= maxPageRows || c.enc.pageSize() >= c.pageLimit {
		return c.endPage()
	}
	return nil
}

func (c *chunk) writeDense(arr arrow.Array, def uint8) error {
	n := arr.Len()
	c.reps.repeat(0, n)
	if arr.NullN() == 0 {
		c.defs.repeat(c.def, n)
		c.enc.add(arr, nil)
		return nil
	}
	if !c.optional {
		return &NullError{Column: dotted(c.path)}
	}
	c.stats.nulls += int64(arr.NullN())
	if arr.NullN() == n {
		c.defs.repeat(def, n)
		return nil
	}
	validity, offset := arr.NullBitmapBytes(), arr.Data().Offset()
	c.scratch.rows = c.scratch.rows[:0]
	out := c.defs.grow(n)
	for i := range out {
		if bitutil.BitIsSet(validity, offset+i) {
			out[i] = c.def
			c.scratch.rows = append(c.scratch.rows, int32(i))
		} else {
			out[i] = def
		}
	}
	c.enc.add(arr, c.scratch.rows)
	return nil
}

func (c *chunk) writeSparse(arr arrow.Array, s slots) error {
	if s.rep == nil {
		c.reps.repeat(0, s.n)
	} else {
		c.reps.add(s.rep)
	}
	c.scratch.rows = c.scratch.rows[:0]
	out := c.defs.grow(s.n)
	for i, at := range s.at {
		switch {
		case at < 0:
			out[i] = s.defs[i]
			c.stats.nulls++
		case arr.IsValid(int(at)):
			out[i] = c.def
			c.scratch.rows = append(c.scratch.rows, at)
		case !c.optional:
			return &NullError{Column: dotted(c.path)}
		default:
			out[i] = s.defs[i]
			c.stats.nulls++
		}
	}
	if len(c.scratch.rows) > 0 {
		c.enc.add(arr, c.scratch.rows)
	}
	return nil
}

// endPage finishes the page in hand, if there is anything in it.
func (c *chunk) endPage() error {
	if c.entries == 0 {
		return nil
	}
	c.scratch.buf = c.defs.append(c.reps.append(c.scratch.buf[:0]))
	var page []byte
	encoding := format.RLEDictionary
	if plain := c.enc.plain(); plain == nil {
		c.scratch.buf = c.enc.appendPage(c.scratch.buf)
		page = c.scratch.buf
		c.stats.dictPages++
	} else {
		encoding = format.Plain
		c.stats.plain++
		if len(c.scratch.buf) <= headroom {
			page = plain[headroom-len(c.scratch.buf):]
			copy(page, c.scratch.buf)
		} else {
			c.scratch.buf = append(c.scratch.buf, plain[headroom:]...)
			page = c.scratch.buf
		}
	}
	header := format.PageHeader{Type: format.DataPage, DataPageHeader: some(format.DataPageHeader{
		NumValues: int32(c.entries), Encoding: encoding,
		DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	})}
	if err := c.finishPage(header, page, encoding == format.Plain); err != nil {
		return err
	}
	c.stats.entries += int64(c.entries)
	c.entries = 0
	c.defs.reset()
	c.reps.reset()
	c.enc.endPage()
	return nil
}

func (c *chunk) finishPage(header format.PageHeader, page []byte, plain bool) error {
	data := c.compress(page, plain)
	head, err := pageHeader(header, page, data)
	if err != nil {
		return err
	}
	c.out.write(head)
	c.out.write(data)
	c.count(head, page, data)
	return nil
}

func (c *chunk) count(head, page, data []byte) {
	c.stats.raw += int64(len(head) + len(page))
	c.stats.compressed += int64(len(head) + len(data))
}

func pageHeader(h format.PageHeader, page, data []byte) ([]byte, error) {
	if len(page) > 1<<31-1 {
		return nil, fmt.Errorf("a page of %d bytes is too large for Parquet: write fewer or shorter values at a time", len(page))
	}
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(page)), int32(len(data))
	return thrift.Marshal(new(thrift.CompactProtocol), &h)
}

// compress compresses a page. The first page of a PLAIN chunk decides how: not at all if it hardly
// shrinks, with less effort if that gives nearly the same. A chunk with a dictionary is always
// compressed, because the dictionary may shrink where the indices do not.
func (c *chunk) compress(page []byte, plain bool) []byte {
	if c.codec == nil {
		c.codec = c.chosen
		if plain && c.codec.encode != nil && len(page) >= 1024 {
			return c.tryCodecs(page)
		}
	}
	if c.codec.encode == nil {
		return page
	}
	c.scratch.packed = c.codec.encode(c.scratch.packed, page)
	return c.scratch.packed
}

func (c *chunk) tryCodecs(page []byte) []byte {
	c.scratch.packed = c.codec.encode(c.scratch.packed, page)
	if len(c.scratch.packed) > len(page)/10*9 {
		c.codec = uncompressed
		return page
	}
	if c.codec.cheap != nil {
		if cheap := c.codec.cheap(nil, page); len(cheap) <= len(c.scratch.packed)/16*17 {
			c.codec = &codec{name: c.codec.name, id: c.codec.id, encode: c.codec.cheap}
			return cheap
		}
	}
	return c.scratch.packed
}

// size is about what the chunk will take in the file so far.
func (c *chunk) size() int64 {
	return c.stats.compressed + int64(c.enc.pageSize()+c.enc.dictSize())
}

// flush writes the chunk at the given offset of the file, tells of it, and begins the next one.
func (c *chunk) flush(w io.Writer, offset int64) (format.ColumnChunk, int64, error) {
	if err := c.endPage(); err != nil {
		return format.ColumnChunk{}, 0, err
	}
	meta := format.ColumnMetaData{
		Type: c.physical, PathInSchema: c.parquet, NumValues: c.stats.entries,
		Encoding: []format.Encoding{format.RLE, format.Plain},
	}
	start := offset
	if c.stats.dictPages > 0 {
		page, n := c.enc.dictionary(c.scratch.buf)
		written, err := c.writeDictionary(w, page, n)
		if err != nil {
			return format.ColumnChunk{}, 0, err
		}
		meta.DictionaryPageOffset = start
		meta.Encoding = append(meta.Encoding, format.RLEDictionary)
		meta.EncodingStats = append(meta.EncodingStats, format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1},
			format.PageEncodingStats{PageType: format.DataPage, Encoding: format.RLEDictionary, Count: c.stats.dictPages})
		offset += written
	}
	if c.stats.plain > 0 {
		meta.EncodingStats = append(meta.EncodingStats, format.PageEncodingStats{PageType: format.DataPage, Encoding: format.Plain, Count: c.stats.plain})
	}
	meta.DataPageOffset = offset
	if err := c.out.drain(w); err != nil {
		return format.ColumnChunk{}, 0, err
	}
	if c.codec != nil {
		meta.Codec = c.codec.id
	}
	meta.TotalUncompressedSize, meta.TotalCompressedSize = c.stats.raw, c.stats.compressed
	meta.Statistics.NullCount = c.stats.nulls
	meta.Statistics.MinValue, meta.Statistics.MaxValue = c.enc.bounds()
	c.fileNulls += c.stats.nulls
	c.stats, c.codec = chunkCounts{}, nil
	c.enc.endChunk()
	return format.ColumnChunk{MetaData: meta}, start + meta.TotalCompressedSize, nil
}

func (c *chunk) writeDictionary(w io.Writer, page []byte, n int) (int64, error) {
	data := c.compress(page, false)
	head, err := pageHeader(format.PageHeader{Type: format.DictionaryPage,
		DictionaryPageHeader: some(format.DictionaryPageHeader{NumValues: int32(n), Encoding: format.Plain})}, page, data)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(head); err != nil {
		return 0, err
	}
	if _, err := w.Write(data); err != nil {
		return 0, err
	}
	c.count(head, page, data)
	return int64(len(head) + len(data)), nil
}

func newChunk(l *leaf, chosen *codec, pageLimit int) *chunk {
	c := &chunk{leaf: l, enc: newEncoder(l), chosen: chosen, pageLimit: pageLimit, scratch: buffersPool.Get().(*buffers)}
	c.defs, c.reps = levels{top: l.def, vals: c.scratch.defs}, levels{top: l.rep, vals: c.scratch.reps}
	return c
}
