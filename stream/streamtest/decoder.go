package streamtest

import (
	"errors"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/stream"
)

// Schema is that of the rows which Decoder makes, and of those in TestSink.
var Schema = arrow.NewSchema([]arrow.Field{
	{Name: "partition", Type: arrow.BinaryTypes.String},
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64},
	{Name: "value", Type: arrow.BinaryTypes.String},
}, nil)

// Row is a row of Schema.
type Row struct {
	Partition string
	Offset    int64
	Value     string
}

// Compare orders rows by partition and offset.
func (r Row) Compare(o Row) int {
	if c := strings.Compare(r.Partition, o.Partition); c != 0 {
		return c
	}
	return int(r.Offset - o.Offset)
}

// Rows reads a batch of Schema.
func Rows(b arrow.RecordBatch) []Row {
	p, o, v := b.Column(0).(*array.String), b.Column(1).(*array.Int64), b.Column(2).(*array.String)
	rows := make([]Row, b.NumRows())
	for i := range rows {
		rows[i] = Row{strings.Clone(p.Value(i)), o.Value(i), strings.Clone(v.Value(i))}
	}
	return rows
}

// Batch makes a batch of Schema.
func Batch(rows ...Row) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, Schema)
	defer b.Release()
	for _, r := range rows {
		b.Field(0).(*array.StringBuilder).Append(r.Partition)
		b.Field(1).(*array.Int64Builder).Append(r.Offset)
		b.Field(2).(*array.StringBuilder).Append(r.Value)
	}
	return b.NewRecordBatch()
}

// Decoder makes rows of Schema. A value that begins with "bad" is rejected, "broken" is an error.
type Decoder struct{}

// Schema implements stream.Decoder.
func (Decoder) Schema() *arrow.Schema { return Schema }

// NewTask implements stream.Decoder.
func (Decoder) NewTask() stream.DecodeTask { return decodeTask{} }

type decodeTask struct{}

// ErrBroken is what decoding the value "broken" gives.
var ErrBroken = errors.New("broken")

func (decodeTask) Decode(recs stream.Records) (arrow.RecordBatch, []stream.Rejected, error) {
	var rows []Row
	var bad []stream.Rejected
	for i := range recs.Len() {
		r := recs.At(i)
		switch v := string(r.Value); {
		case v == "broken":
			return nil, nil, ErrBroken
		case strings.HasPrefix(v, "bad"):
			r.Value = slices.Clone(r.Value)
			bad = append(bad, stream.Rejected{Record: r, Reason: "bad"})
		default:
			rows = append(rows, Row{partitionName(r), r.Offset, v})
		}
	}
	return Batch(rows...), bad, nil
}

func (decodeTask) Close() {}
