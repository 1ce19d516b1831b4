package changes

import (
	"encoding/json"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// The columns that say of each row of a batch of changes what happened to it. They come after the columns of the table, in this
// order; those that say "null" may be so. Their names cannot be those of a table's columns.
const (
	// OpColumn, int8, is the [Op].
	OpColumn = "__ingestd_op"
	// SequenceColumn, binary, orders the changes of one row by its bytes, see [Sequence]; null: by where it was read, in
	// batches of which no change has a sequence.
	SequenceColumn = "__ingestd_sequence"
	// UnavailableColumn, binary, has a bit for each column of the table in the batch, the least significant of the first byte
	// first: the values of those are not known, and stay as they are. Null: all are known.
	UnavailableColumn = "__ingestd_unavailable"
	// SourceTimeColumn is when the change was made, of type [Batch.SourceTime]: a timestamp, or whatever orders the changes of a source.
	// Null where that is not known.
	SourceTimeColumn = "__ingestd_source_ts"
	// PartitionColumn, utf8 or a dictionary of it, is the partition of the source that it was read from ("orders/0"), and
	// OffsetColumn, int64, the offset there. Where sequences are equal or null, changes are ordered by them.
	PartitionColumn = "__ingestd_partition"
	OffsetColumn    = "__ingestd_offset"
)

// Op is what a change does.
type Op int8

// The operations, with Debezium's letters. A key is what a change of a row must have; the other columns of Delete may be null, and
// all columns of Truncate are.
const (
	Create   Op = 'c' // the row is as the change has it, and was not there before
	Read     Op = 'r' // the row is so, a snapshot found
	Update   Op = 'u' // the row has become so
	Delete   Op = 'd' // the row is gone
	Truncate Op = 't' // all rows of the table are gone
	// Moved is no change: it names the key that the row of the change right after it had before. That change takes from there the
	// values that it does not know.
	Moved Op = 'm'
)

// Keys of the metadata of the Arrow schema of a batch.
const (
	metaDatabase = "ingestd.source.database"
	metaSchema   = "ingestd.source.schema"
	metaTable    = "ingestd.source.table"
	metaTopic    = "ingestd.source.topic"
	metaKeys     = "ingestd.keys"
)

// Origin is the table that changes are of. Parts that a kind of database does not have are empty.
type Origin struct{ Database, Schema, Table, Topic string }

// Batch is what the schema of a batch of changes tells: columns, then those named above.
type Batch struct {
	Origin
	Columns []arrow.Field // of the table
	Keys    []string      // columns that together name a row; empty where the source does not tell
	// SourceTime is the type of [SourceTimeColumn]; nil: a timestamp in microseconds of UTC. It is one for all changes of a table.
	SourceTime arrow.DataType
}

// numAbout is how many columns follow those of the table.
const numAbout = 6

// about are they, with a type for [SourceTimeColumn].
func about(sourceTime arrow.DataType) []arrow.Field {
	if sourceTime == nil {
		sourceTime = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
	return []arrow.Field{
		{Name: OpColumn, Type: arrow.PrimitiveTypes.Int8},
		{Name: SequenceColumn, Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: UnavailableColumn, Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: SourceTimeColumn, Type: sourceTime, Nullable: true},
		{Name: PartitionColumn, Type: arrow.BinaryTypes.String},
		{Name: OffsetColumn, Type: arrow.PrimitiveTypes.Int64},
	}
}

// Schema is that of a batch.
func (b Batch) Schema() *arrow.Schema {
	keys, _ := json.Marshal(append([]string{}, b.Keys...)) // strings always marshal
	meta := arrow.NewMetadata([]string{metaDatabase, metaSchema, metaTable, metaTopic, metaKeys},
		[]string{b.Database, b.Origin.Schema, b.Table, b.Topic, string(keys)})
	return arrow.NewSchema(slices.Concat(b.Columns, about(b.SourceTime)), &meta)
}

// BatchOf reads a schema that [Batch.Schema] made; false for any other.
func BatchOf(s *arrow.Schema) (Batch, bool) {
	n := s.NumFields() - numAbout
	if n < 0 {
		return Batch{}, false
	}
	for i, f := range about(nil) {
		if s.Field(n+i).Name != f.Name {
			return Batch{}, false
		}
	}
	meta := func(key string) string {
		v, _ := s.Metadata().GetValue(key)
		return v
	}
	b := Batch{Columns: s.Fields()[:n], SourceTime: s.Field(n + 3).Type}
	if d, ok := b.SourceTime.(*arrow.DictionaryType); ok {
		b.SourceTime = d.ValueType
	}
	b.Origin = Origin{meta(metaDatabase), meta(metaSchema), meta(metaTable), meta(metaTopic)}
	return b, json.Unmarshal([]byte(meta(metaKeys)), &b.Keys) == nil
}
