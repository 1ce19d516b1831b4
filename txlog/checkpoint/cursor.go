package checkpoint

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
)

// cursor reads the values of one leaf column in one row group, one after the other. A nil cursor
// is a column that the file does not have: it reads as null for ever.
type cursor struct {
	column *parquet.Column
	def    int // the definition level of a value that is there
	rep    int // the repetition level of a further value of the same row

	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    []parquet.Value
	i, n   int
}

func newCursor(c *parquet.Column, rg parquet.RowGroup) *cursor {
	chunk := rg.ColumnChunks()[c.Index()]
	return &cursor{
		column: c, def: c.MaxDefinitionLevel(), rep: c.MaxRepetitionLevel(),
		pages: chunk.Pages(), buf: make([]parquet.Value, min(256, max(chunk.NumValues(), 1))),
	}
}

func (c *cursor) close() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	_ = c.pages.Close() // reading only; the source has its own errors
}

// seek goes to a row of the row group.
func (c *cursor) seek(row int64) error {
	if c == nil {
		return nil
	}
	c.i, c.n, c.values = 0, 0, nil
	return c.pages.SeekToRow(row)
}

// fill makes at least one value ready, or returns io.EOF. Values of the page before are dropped:
// they must have been copied.
func (c *cursor) fill() error {
	for c.i == c.n {
		if c.values == nil {
			if c.page != nil {
				parquet.Release(c.page)
				c.page = nil
			}
			page, err := c.pages.ReadPage()
			if err != nil {
				return err
			}
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(c.buf)
		c.i, c.n = 0, n
		if err != nil {
			c.values = nil
			if n == 0 && !errors.Is(err, io.EOF) {
				return err
			}
		} else if n == 0 {
			return io.ErrNoProgress
		}
	}
	return nil
}

// next is the next value, which is null where its definition level is below that of the column.
func (c *cursor) next() (parquet.Value, error) {
	if c == nil {
		return parquet.Value{}, nil
	}
	if err := c.fill(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return parquet.Value{}, err
	}
	v := c.buf[c.i]
	c.i++
	return v, nil
}

// more says whether the next value belongs to the same row.
func (c *cursor) more() (bool, error) {
	if err := c.fill(); err != nil {
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		return false, err
	}
	return c.buf[c.i].RepetitionLevel() > 0, nil
}

// has says whether v is a value of the column, not a null at some level.
func (c *cursor) has(v parquet.Value) bool {
	return c != nil && v.DefinitionLevel() == c.def && !v.IsNull()
}

// nonNull is the first and the last row in which a column without repetition has a value; ok is
// false where it has none. Pages without values are passed over by their count of nulls.
func nonNull(c *parquet.Column, rg parquet.RowGroup) (first, last int64, ok bool, err error) {
	cur := newCursor(c, rg)
	defer cur.close()
	row := int64(0)
	for {
		page, err := cur.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return first, last, ok, nil
		}
		if err != nil {
			return 0, 0, false, err
		}
		if page.NumNulls() < page.NumValues() {
			cur.page, cur.values, cur.i, cur.n = page, page.Values(), 0, 0
			for i := range page.NumValues() {
				v, err := cur.next()
				if err != nil {
					return 0, 0, false, err
				}
				if cur.has(v) {
					if !ok {
						first, ok = row+i, true
					}
					last = row + i
				}
			}
		}
		row += page.NumValues()
		if cur.page == nil {
			parquet.Release(page)
		}
	}
}

// hasValues says whether a column has any value in the row group; not knowing counts as having.
func hasValues(c *parquet.Column, rg parquet.RowGroup) bool {
	cur := newCursor(c, rg)
	defer cur.close()
	for {
		page, err := cur.pages.ReadPage()
		if err != nil {
			return !errors.Is(err, io.EOF)
		}
		has := page.NumNulls() < page.NumValues()
		parquet.Release(page)
		if has {
			return true
		}
	}
}
