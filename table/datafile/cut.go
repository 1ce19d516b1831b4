package datafile

import (
	"errors"
	"io"
	"slices"
	"sort"

	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// cut is a file of one row group that has some of the pages of another file. Arrow's reader can skip pages only in files with
// an offset index, by reading the dictionary anew each time; so it is shown a file that never had the others. Columns
// have different rows in it.
type cut struct {
	of     *windows
	pieces []piece // one after the other
}

// piece is a part of the whole file that is found at another place in the cut one.
type piece struct {
	at int64
	extent
}

// firstPiece is where the first piece is: after the magic number, which nobody reads.
const firstPiece = int64(len(magic))

func (c *cut) add(e extent) {
	c.pieces = append(c.pieces, piece{c.end(), e})
}

// end is where the next piece will be.
func (c *cut) end() int64 {
	if n := len(c.pieces); n > 0 {
		return c.pieces[n-1].at + c.pieces[n-1].size()
	}
	return firstPiece
}

// ReadAt gives bytes of the pieces.
func (c *cut) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		at := off + int64(done)
		i := sort.Search(len(c.pieces), func(i int) bool { return c.pieces[i].at > at }) - 1
		if i < 0 || at >= c.pieces[i].at+c.pieces[i].size() {
			return done, io.EOF
		}
		from := c.pieces[i].start + at - c.pieces[i].at
		n, err := c.of.ReadAt(p[done:done+int(min(int64(len(p)-done), c.pieces[i].end-from))], from)
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// Read is there because Arrow's reader asks for the method; it never calls it.
func (c *cut) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Seek is there for the same reason.
func (c *cut) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }

// cutRowGroup gives a reader of the pages of a row group that hold wanted rows, and, for each field, the rows that it
// has there. Errors: what keeps pages from being told apart; those of the source are in windows.err too.
func (s *scan) cutRowGroup(g int, want []Range) (*pqarrow.FileReader, [][]Range, error) {
	group := s.r.meta.RowGroups[g]
	group.Columns = slices.Clone(group.Columns)
	for i := range group.Columns {
		c := &group.Columns[i]
		c.OffsetIndexOffset, c.ColumnIndexOffset, c.MetaData.Statistics = 0, 0, format.Statistics{}
	}
	file := &cut{of: s.windows}
	have := make([][]Range, len(s.fields))
	for i, leaves := range s.fields {
		pages := make([]chunkPages, len(leaves))
		for j, leaf := range leaves {
			var err error
			m := &group.Columns[leaf].MetaData
			if pages[j], err = s.pagesOf(m, group.NumRows, s.r.arrow.Schema.Column(leaf).MaxRepetitionLevel() > 0); err != nil {
				return nil, nil, err
			}
		}
		have[i] = wholePages(want, pages)
		for j, leaf := range leaves {
			file.addChunk(&group.Columns[leaf].MetaData, pages[j], have[i])
		}
	}
	if err := file.reload(); err != nil {
		return nil, nil, err
	}
	meta := *s.r.meta
	meta.RowGroups, meta.NumRows = []format.RowGroup{group}, group.NumRows
	meta.CreatedBy = "" // or sizes would be taken for those of writers that got them wrong
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		return nil, nil, err
	}
	arrowMeta, err := metadata.NewFileMetaData(footer, nil)
	if err != nil {
		return nil, nil, err
	}
	fr, err := s.newFileReader(file, arrowMeta)
	return fr, have, err
}

// addChunk adds the pages of some rows of a column chunk, and says in m where they are.
func (c *cut) addChunk(m *format.ColumnMetaData, pages chunkPages, rows []Range) {
	start := c.end()
	m.DictionaryPageOffset, m.NumValues = 0, 0
	if pages.dictionary.size() > 0 {
		m.DictionaryPageOffset = start
		c.add(pages.dictionary)
	}
	m.DataPageOffset = c.end()
	for _, p := range pages.in(rows) {
		m.NumValues += p.values
		c.add(p.extent)
	}
	m.TotalCompressedSize = c.end() - start
}

// reload reads what is left of a row group ahead where the whole did not fit and this does. Else each column keeps its share of the
// budget: the parts that are left lie against each other across columns, which are decoded side by side, and may be many.
func (c *cut) reload() error {
	if left := c.extents(); c.of.step > 0 && c.of.fits(left) {
		return c.of.load(left)
	}
	return nil
}

// extents are the parts of the whole file that are left.
func (c *cut) extents() []extent {
	var out []extent
	for _, p := range c.pieces {
		if n := len(out); n > 0 && out[n-1].end == p.start {
			out[n-1].end = p.end
			continue
		}
		out = append(out, p.extent)
	}
	return out
}
