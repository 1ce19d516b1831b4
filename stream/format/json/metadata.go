package json

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

var metadataFields = map[Metadata]schema.Field{
	Topic:     {Name: Topic.Column(), Type: schema.String},
	Partition: {Name: Partition.Column(), Type: schema.Integer},
	Offset:    {Name: Offset.Column(), Type: schema.Long},
	Timestamp: {Name: Timestamp.Column(), Type: schema.Timestamp, Nullable: true},
	Key:       {Name: Key.Column(), Type: schema.Binary, Nullable: true},
}

// metadata is a column of something about records: a node that needs no reading.
type metadata struct {
	column
	set func(i int, rec *stream.Record)
}

// column is what nodes have beside reading.
type column interface {
	null(i int)
	truncate(i int)
	reserve(n int)
	finish(n int) arrow.ArrayData
	drop()
}

func newMetadata(c *compiler, m Metadata) metadata {
	switch m {
	case Topic:
		x := &stringNode{col: arrowbuf.NewStrings(c.pool, c.seed())}
		var buf []byte
		return metadata{x, func(i int, rec *stream.Record) {
			buf = append(buf[:0], rec.Topic...)
			x.col.Set(i, buf)
		}}
	case Partition:
		x := newFixed[int32](c, arrow.PrimitiveTypes.Int32)
		return metadata{&x, func(i int, rec *stream.Record) { x.col.Set(i, rec.Partition) }}
	case Offset:
		x := newFixed[int64](c, arrow.PrimitiveTypes.Int64)
		return metadata{&x, func(i int, rec *stream.Record) { x.col.Set(i, rec.Offset) }}
	case Timestamp:
		x := newFixed[int64](c, arrowmap.TimestampType)
		return metadata{&x, func(i int, rec *stream.Record) {
			if rec.Timestamp.IsZero() {
				x.null(i)
			} else {
				x.col.Set(i, rec.Timestamp.UnixMicro())
			}
		}}
	}
	x := &bytesCol{col: arrowbuf.NewBytes(c.pool), dt: arrow.BinaryTypes.Binary}
	return metadata{x, func(i int, rec *stream.Record) {
		if rec.Key == nil {
			x.null(i)
		} else {
			x.col.Set(i, rec.Key)
		}
	}}
}
