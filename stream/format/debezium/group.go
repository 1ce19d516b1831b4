package debezium

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/merge/changes"
)

// group is the changes of one origin and one schema of rows in a chunk: what becomes a batch.
type group struct {
	batch   changes.Batch
	row     *jsonRow
	n       int    // changes
	used    bool   // in this chunk
	refused string // why it takes none
	asks    bool   // Options.Admit decides that
	chunk   int    // of which it was asked

	op                  fixed[int8]
	sequence, unknown   arrowbuf.Bytes
	sourceTime, offsets fixed[int64]

	// By these it is found again, where events have a schema with them.
	schema *eventSchema
	keys   *keySet
}

var microsUTC = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

func newGroup(b changes.Batch, row *jsonRow, pool *arrowbuf.Pool) *group {
	c := &compiler{pool: pool}
	return &group{
		batch: b, row: row,
		op: newFixed[int8](c, arrow.PrimitiveTypes.Int8), sequence: arrowbuf.NewBytes(pool), unknown: arrowbuf.NewBytes(pool),
		sourceTime: newFixed[int64](c, microsUTC), offsets: newFixed[int64](c, arrow.PrimitiveTypes.Int64),
	}
}

// of says whether an event of this schema, key and origin belongs here.
func (g *group) of(ev *event, keys *keySet, topic string) bool {
	return g.schema == ev.schema && g.keys == keys && g.batch.Topic == topic && g.batch.Table == string(ev.table) &&
		g.batch.Origin.Schema == string(ev.source.schema) && g.batch.Database == string(ev.db)
}

// add ends the change whose row has been read.
func (g *group) add(op changes.Op, sequence []byte, time number, offset int64) {
	i := g.n
	g.op.col.Set(i, int8(op))
	if len(sequence) == 0 {
		g.sequence.SetNull(i)
	} else {
		g.sequence.Set(i, sequence)
	}
	if g.row.anyUnavailable() {
		g.unknown.Set(i, g.row.unavailable)
	} else {
		g.unknown.SetNull(i)
	}
	if time.ok {
		g.sourceTime.col.Set(i, time.v)
	} else {
		g.sourceTime.null(i)
	}
	g.offsets.col.Set(i, offset)
	g.n++
}

// truncate forgets the changes from n on, and what was read of one more.
func (g *group) truncate(n int) {
	g.row.truncate(n)
	g.op.truncate(n)
	g.sequence.Truncate(n)
	g.unknown.Truncate(n)
	g.sourceTime.truncate(n)
	g.offsets.truncate(n)
	g.n = n
}

func (g *group) drop() {
	if g.row == nil {
		return
	}
	for k := range g.row.fields {
		g.row.fields[k].drop()
	}
	g.op.drop()
	g.sequence.Drop()
	g.unknown.Drop()
	g.sourceTime.drop()
	g.offsets.drop()
}

// finish makes the batch, and leaves the group empty.
func (g *group) finish(partition string) arrow.RecordBatch {
	n := g.n
	g.n = 0
	var cols []arrow.Array
	add := func(data arrow.ArrayData) {
		cols = append(cols, array.MakeFromData(data))
		data.Release()
	}
	for k := range g.row.fields {
		add(g.row.fields[k].finish(n))
	}
	add(g.op.finish(n))
	add(g.sequence.Finish(arrow.BinaryTypes.Binary, n))
	add(g.unknown.Finish(arrow.BinaryTypes.Binary, n))
	add(g.sourceTime.finish(n))
	add(always(partition, n))
	add(g.offsets.finish(n))
	s := g.batch.Schema()
	fields := slices.Clone(s.Fields())
	for k, c := range cols {
		fields[k].Type = c.DataType() // texts may be dictionaries
	}
	meta := s.Metadata()
	rows := array.NewRecordBatch(arrow.NewSchema(fields, &meta), cols, int64(n))
	for _, c := range cols {
		c.Release()
	}
	return rows
}

// always is a dictionary of one text, n times.
func always(text string, n int) arrow.ArrayData {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Append(text)
	values := b.NewArray()
	defer values.Release()
	codes := memory.NewBufferBytes(make([]byte, 4*n))
	defer codes.Release()
	return array.NewDataWithDictionary(arrowbuf.DictionaryType, n, []*memory.Buffer{nil, codes}, 0, 0, values.Data().(*array.Data))
}

// describe is a text that is equal for equal schemas of rows, and for no others.
func describe(fields []planField) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%q %t ", f.name, f.required)
		f.plan.describe(&b)
	}
	return b.String()
}

func (p *plan) describe(b *strings.Builder) {
	fmt.Fprintf(b, "%s %d %d %t %q;", p.typ, p.enc, p.scale, p.nullable, p.reason)
	for _, part := range []*plan{p.key, p.element} {
		if part != nil {
			part.describe(b)
		}
	}
	for _, f := range p.fields {
		fmt.Fprintf(b, "%q %t ", f.name, f.required)
		f.plan.describe(b)
	}
}
