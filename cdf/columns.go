package cdf

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// The columns of the feed.
const (
	ChangeTypeColumn      = "_change_type"      // STRING, see [table.ChangeType]
	CommitVersionColumn   = "_commit_version"   // BIGINT
	CommitTimestampColumn = "_commit_timestamp" // TIMESTAMP
)

var own = []arrow.Field{
	{Name: ChangeTypeColumn, Type: arrow.BinaryTypes.String},
	{Name: CommitVersionColumn, Type: arrow.PrimitiveTypes.Int64},
	{Name: CommitTimestampColumn, Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
}

// ownColumn is the place of a column of the feed among them; -1 for any other.
func ownColumn(name string) int {
	return slices.IndexFunc(own, func(f arrow.Field) bool { return strings.EqualFold(f.Name, name) })
}

// columns are those that rows come with.
type columns struct {
	ofTable []string // to read; nil: all
	places  []int    // where each column is: its place in ofTable, or behind these in own
	schema  *arrow.Schema
}

func (f *Feed) choose(names []string) (columns, error) {
	c := columns{ofTable: []string{}}
	if names == nil {
		c.ofTable = f.rows.Schema().Names()
		names = slices.Concat(c.ofTable, []string{ChangeTypeColumn, CommitVersionColumn, CommitTimestampColumn})
	} else {
		c.ofTable = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return ownColumn(n) >= 0 })
	}
	as, err := f.t.ScanSchemaOf(f.rows, table.ScanOptions{Columns: c.ofTable})
	if err != nil {
		return c, err
	}
	var fields []arrow.Field
	read := 0
	for _, n := range names {
		at := ownColumn(n)
		if at < 0 {
			at = read
			fields = append(fields, as.Field(at))
			read++
		} else {
			fields = append(fields, own[at])
			at += len(c.ofTable)
		}
		c.places = append(c.places, at)
	}
	c.schema = arrow.NewSchema(fields, nil)
	return c, nil
}

// assemble gives changed rows their columns.
func (c Commit) assemble(rows table.ChangedRows) (arrow.RecordBatch, error) {
	n := int(rows.Rec.NumRows())
	version, err := scalar.Repeat(schema.Long, c.Version, n)
	if err != nil {
		return nil, err
	}
	defer version.Release()
	at, err := scalar.Repeat(schema.Timestamp, arrow.Timestamp(c.Timestamp.UnixMicro()), n)
	if err != nil {
		return nil, err
	}
	defer at.Release()
	all := slices.Concat(rows.Rec.Columns(), []arrow.Array{rows.Types, version, at})
	cols := make([]arrow.Array, len(c.feed.places))
	for i, from := range c.feed.places {
		cols[i] = all[from]
	}
	return array.NewRecordBatch(c.feed.schema, cols, int64(n)), nil
}
