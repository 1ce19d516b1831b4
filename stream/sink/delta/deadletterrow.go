package delta

import (
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

var deadLetterSchema, deadLetterArrow = func() (*schema.Struct, *arrow.Schema) {
	s, err := schema.ParseDDL(DeadLetterDDL)
	if err != nil {
		panic(err) // a constant of this package
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		panic(err)
	}
	return s, as
}()

// appendDeadLetter adds a row of deadLetterArrow and tells about how many bytes it has.
func appendDeadLetter(b *array.RecordBuilder, id stream.BatchID, r stream.Rejected, now time.Time) int {
	rec := r.Record
	b.Field(0).(*array.StringBuilder).Append(id.Query)
	b.Field(1).(*array.Int64Builder).Append(id.ID)
	b.Field(2).(*array.StringBuilder).Append(readable(r.Reason))
	b.Field(3).(*array.StringBuilder).Append(rec.Topic)
	b.Field(4).(*array.Int32Builder).Append(rec.Partition)
	b.Field(5).(*array.Int64Builder).Append(rec.Offset)
	appendTime(b.Field(6), rec.Timestamp)
	appendBytes(b.Field(7), rec.Key)
	appendBytes(b.Field(8), rec.Value)
	size := len(id.Query) + len(r.Reason) + len(rec.Topic) + len(rec.Key) + len(rec.Value) + 64
	size += appendHeaders(b.Field(9).(*array.ListBuilder), rec.Headers)
	appendTime(b.Field(10), now)
	return size
}

// readable is s as a string column can hold it: engines refuse a whole file for one string that is not UTF-8,
// which Kafka allows in the names of headers.
func readable(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func appendTime(b array.Builder, t time.Time) {
	if t.IsZero() {
		b.AppendNull()
		return
	}
	b.(*array.TimestampBuilder).Append(arrow.Timestamp(t.UnixMicro()))
}

func appendBytes(b array.Builder, v []byte) {
	if v == nil {
		b.AppendNull()
		return
	}
	b.(*array.BinaryBuilder).Append(v)
}

func appendHeaders(b *array.ListBuilder, headers []stream.Header) int {
	if len(headers) == 0 {
		b.AppendNull()
		return 0
	}
	b.Append(true)
	pair := b.ValueBuilder().(*array.StructBuilder)
	size := 0
	for _, h := range headers {
		pair.Append(true)
		pair.FieldBuilder(0).(*array.StringBuilder).Append(readable(h.Key))
		appendBytes(pair.FieldBuilder(1), h.Value)
		size += len(h.Key) + len(h.Value)
	}
	return size
}
