package debezium

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// lists is ARRAY without its elements' column, which the caller has.
type lists struct {
	offs   arrowbuf.Offsets
	values column
	dt     arrow.DataType
}

func (c *lists) null(i int) { c.offs.SetNull(i) }

func (c *lists) truncate(i int) {
	c.values.truncate(c.offs.Start(i))
	c.offs.Truncate(i)
}

func (c *lists) finish(n int) arrow.ArrayData {
	values := c.values.finish(c.offs.Start(n))
	defer values.Release()
	return c.offs.Finish(c.dt, n, values)
}

func (c *lists) drop() {
	c.offs.Drop()
	c.values.drop()
}

// entries is the column of the keys and values of maps.
type entries struct {
	keys, values column
	dt           arrow.DataType
}

func (c *entries) null(int) {} // entries are never null

func (c *entries) truncate(i int) {
	c.keys.truncate(i)
	c.values.truncate(i)
}

func (c *entries) finish(n int) arrow.ArrayData {
	keys := c.keys.finish(n)
	defer keys.Release()
	values := c.values.finish(n)
	defer values.Release()
	return array.NewData(c.dt, n, []*memory.Buffer{nil}, []arrow.ArrayData{keys, values}, 0, 0)
}

func (c *entries) drop() {
	c.keys.drop()
	c.values.drop()
}

// structs is STRUCT.
type structs struct {
	nulls  arrowbuf.Nulls
	fields []column
	dt     arrow.DataType
}

func (c *structs) null(i int) {
	for _, f := range c.fields {
		f.null(i)
	}
	c.nulls.Set(i)
}

func (c *structs) truncate(i int) {
	for _, f := range c.fields {
		f.truncate(i)
	}
	c.nulls.Truncate(i)
}

func (c *structs) finish(n int) arrow.ArrayData {
	children := make([]arrow.ArrayData, len(c.fields))
	for k, f := range c.fields {
		children[k] = f.finish(n)
		defer children[k].Release()
	}
	valid, nulls := c.nulls.Finish(n)
	if valid != nil {
		defer valid.Release()
	}
	return array.NewData(c.dt, n, []*memory.Buffer{valid}, children, nulls, 0)
}

func (c *structs) drop() {
	for _, f := range c.fields {
		f.drop()
	}
	c.nulls.Drop()
}

// nothing is a column of nothing but nulls.
type nothing struct{ dt arrow.DataType }

func (nothing) null(int)     {}
func (nothing) truncate(int) {}
func (nothing) drop()        {}

func (c nothing) finish(n int) arrow.ArrayData {
	nulls := arrowmap.Nulls(c.dt, n)
	defer nulls.Release()
	nulls.Data().Retain()
	return nulls.Data()
}
