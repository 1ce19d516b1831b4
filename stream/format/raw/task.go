package raw

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream"
)

// task is a DecodeTask.
type task struct {
	d          *Decoder
	key, value arrowbuf.Bytes
	topic      arrowbuf.Strings
	name       []byte // of the topic in hand
	partition  arrowbuf.Fixed[int32]
	offset     arrowbuf.Fixed[int64]
	timestamp  arrowbuf.Fixed[int64]
	kind       arrowbuf.Fixed[int32]
	headers    *headers // nil where not asked for
}

func (t *task) reserve(n int) {
	t.key.Reserve(n)
	t.value.Reserve(n)
	t.topic.Reserve(n)
	t.partition.Reserve(n)
	t.offset.Reserve(n)
	t.timestamp.Reserve(n)
	t.kind.Reserve(n)
}

func (t *task) set(i int, rec *stream.Record) {
	setBytes(&t.key, i, rec.Key)
	setBytes(&t.value, i, rec.Value)
	t.name = append(t.name[:0], rec.Topic...)
	t.topic.Set(i, t.name)
	t.partition.Set(i, rec.Partition)
	t.offset.Set(i, rec.Offset)
	if rec.Timestamp.IsZero() {
		t.timestamp.SetNull(i)
	} else {
		t.timestamp.Set(i, rec.Timestamp.UnixMicro())
	}
	t.kind.Set(i, 0)
	if t.headers != nil {
		t.headers.set(i, rec.Headers)
	}
}

func setBytes(c *arrowbuf.Bytes, i int, v []byte) {
	if v == nil {
		c.SetNull(i)
	} else {
		c.Set(i, v)
	}
}

func (t *task) finish(n int) arrow.RecordBatch {
	data := []arrow.ArrayData{
		t.key.Finish(arrow.BinaryTypes.Binary, n),
		t.value.Finish(arrow.BinaryTypes.Binary, n),
		t.topic.Finish(n),
		t.partition.Finish(arrow.PrimitiveTypes.Int32, n),
		t.offset.Finish(arrow.PrimitiveTypes.Int64, n),
		t.timestamp.Finish(t.d.schema.Field(5).Type, n),
		t.kind.Finish(arrow.PrimitiveTypes.Int32, n),
	}
	if t.headers != nil {
		data = append(data, t.headers.finish(n))
	}
	cols := make([]arrow.Array, len(data))
	fields := t.d.schema.Fields()
	for i, d := range data {
		cols[i] = array.MakeFromData(d)
		d.Release()
		fields[i].Type = cols[i].DataType()
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(n))
	for _, c := range cols {
		c.Release()
	}
	return batch
}

// Close implements [stream.DecodeTask].
func (t *task) Close() {
	t.key.Drop()
	t.value.Drop()
	t.topic.Drop()
	t.partition.Drop()
	t.offset.Drop()
	t.timestamp.Drop()
	t.kind.Drop()
	if t.headers != nil {
		t.headers.drop()
	}
}

// headers is the column of that name.
type headers struct {
	offs  arrowbuf.Offsets
	key   arrowbuf.Bytes
	value arrowbuf.Bytes
	name  []byte
	dt    arrow.DataType
}

func newHeaders(pool *arrowbuf.Pool, dt arrow.DataType) *headers {
	return &headers{offs: arrowbuf.NewOffsets(pool), key: arrowbuf.NewBytes(pool), value: arrowbuf.NewBytes(pool), dt: dt}
}

func (h *headers) set(i int, hs []stream.Header) {
	if len(hs) == 0 {
		h.offs.SetNull(i)
		return
	}
	at := h.offs.Start(i)
	for k, header := range hs {
		h.name = append(h.name[:0], header.Key...)
		h.key.Set(at+k, h.name)
		setBytes(&h.value, at+k, header.Value)
	}
	h.offs.End(i, at+len(hs))
}

func (h *headers) finish(n int) arrow.ArrayData {
	m := h.offs.Start(n)
	key, value := h.key.Finish(arrow.BinaryTypes.String, m), h.value.Finish(arrow.BinaryTypes.Binary, m)
	defer key.Release()
	defer value.Release()
	pairs := array.NewData(h.dt.(*arrow.ListType).Elem(), m, []*memory.Buffer{nil}, []arrow.ArrayData{key, value}, 0, 0)
	defer pairs.Release()
	return h.offs.Finish(h.dt, n, pairs)
}

func (h *headers) drop() {
	h.offs.Drop()
	h.key.Drop()
	h.value.Drop()
}
