// Package raw makes rows of records as they are, where a pipeline has no format: the columns of
// Spark's Kafka source ("Structured Streaming + Kafka Integration Guide"), for SQL to take apart.
//
//	key BINARY, value BINARY, topic STRING, partition INT, offset BIGINT, timestamp TIMESTAMP,
//	timestampType INT, headers ARRAY<STRUCT<key: STRING, value: BINARY>>
//
// timestampType is always 0 (CreateTime). headers is there only where asked for (include_headers),
// and null for a record that has none, as in Spark. No record is ever rejected.
//
// The package knows neither Kafka nor what is in a value.
package raw

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Options say what a [Decoder] makes of records.
type Options struct {
	// IncludeHeaders adds the column headers.
	IncludeHeaders bool
	// KeepMemory is how many bytes of released batches are kept for the next ones, over all tasks;
	// 64 MiB where 0, nothing where negative.
	KeepMemory int
}

// Decoder makes rows of records. It is safe for concurrent use.
type Decoder struct {
	headers bool
	pool    *arrowbuf.Pool
	schema  *arrow.Schema
}

var _ stream.Decoder = (*Decoder)(nil)

// Schema is that of the rows, all columns nullable as Spark has them.
func Schema(includeHeaders bool) *schema.Struct {
	s := &schema.Struct{}
	add := func(name string, t schema.Type) {
		s.Fields = append(s.Fields, schema.Field{Name: name, Type: t, Nullable: true})
	}
	add("key", schema.Binary)
	add("value", schema.Binary)
	add("topic", schema.String)
	add("partition", schema.Integer)
	add("offset", schema.Long)
	add("timestamp", schema.Timestamp)
	add("timestampType", schema.Integer)
	if includeHeaders {
		add("headers", &schema.Array{ContainsNull: true, Element: &schema.Struct{Fields: []schema.Field{
			{Name: "key", Type: schema.String, Nullable: true}, {Name: "value", Type: schema.Binary, Nullable: true}}}})
	}
	return s
}

// New makes a decoder.
func New(opts Options) (*Decoder, error) {
	s, err := arrowmap.ToArrow(Schema(opts.IncludeHeaders))
	if err != nil {
		return nil, err
	}
	keep := opts.KeepMemory
	if keep == 0 {
		keep = 64 << 20
	}
	return &Decoder{headers: opts.IncludeHeaders, pool: arrowbuf.NewPool(max(0, keep)), schema: s}, nil
}

// Schema is that of the rows.
func (d *Decoder) Schema() *arrow.Schema { return d.schema }

// NewTask makes the state of one worker.
func (d *Decoder) NewTask() stream.DecodeTask {
	t := &task{
		d:         d,
		key:       arrowbuf.NewBytes(d.pool),
		value:     arrowbuf.NewBytes(d.pool),
		topic:     arrowbuf.NewStrings(d.pool, rand.Uint64()),
		partition: arrowbuf.NewFixed[int32](d.pool),
		offset:    arrowbuf.NewFixed[int64](d.pool),
		timestamp: arrowbuf.NewFixed[int64](d.pool),
		kind:      arrowbuf.NewFixed[int32](d.pool),
	}
	if d.headers {
		t.headers = newHeaders(d.pool, d.schema.Field(d.schema.NumFields()-1).Type)
	}
	return t
}

// Decode implements [stream.DecodeTask].
func (t *task) Decode(recs stream.Records) (arrow.RecordBatch, []stream.Rejected, error) {
	n := recs.Len()
	t.reserve(n)
	size := 0
	for i := range n {
		rec := recs.At(i)
		if size += recordSize(&rec); size > math.MaxInt32 {
			t.Close()
			return nil, nil, fmt.Errorf("%d records of more than 2 GiB in one chunk; make the chunks of the source smaller", n)
		}
		t.set(i, &rec)
	}
	return t.finish(n), nil, nil
}

func recordSize(rec *stream.Record) int {
	n := len(rec.Key) + len(rec.Value)
	for _, h := range rec.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}
