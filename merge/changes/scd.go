package changes

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// The columns that tell, with [Options.History], when a version of a row was the row: those of Databricks' AUTO CDC ... STORED AS SCD TYPE 2.
// Their values are of [SourceTimeColumn].
const (
	StartColumn = "__START_AT" // of the change that made the version
	EndColumn   = "__END_AT"   // of the change that ended it; null in the current version
)

// History gives what a batch is where each version of a row is kept: its table has the columns that tell when that was the row.
func (b Batch) History() Batch {
	of := b.SourceTime
	if of == nil {
		of = about(b.SourceTime)[3].Type
	}
	b.Columns = slices.Concat(b.Columns, []arrow.Field{{Name: StartColumn, Type: of, Nullable: true}, {Name: EndColumn, Type: of, Nullable: true}})
	return b
}

// SCDError says that a table keeps something else of rows than what changes are to be applied for.
type SCDError struct {
	Has, Want int    // the types of slowly changing dimension: 1 or 2
	Column    string // that is missing, or there; "" where the changes have it, whose name is taken
}

func (e *SCDError) Error() string {
	switch {
	case e.Column == "":
		return fmt.Sprintf("the changes have a column %s or %s, as tables of scd_type 2 have: they can be applied with neither", StartColumn, EndColumn)
	case e.Want == 2:
		return fmt.Sprintf("the table has no column %s, so it holds rows as they are now (scd_type 1), and changes are to be applied with scd_type 2: "+
			"keep the history in another table, which is made when the first change comes, or set scd_type to 1", e.Column)
	}
	return fmt.Sprintf("the table has the column %s, so it holds the history of rows (scd_type 2), and changes are to be applied with scd_type 1: "+
		"set scd_type to 2, or give the rows as they are now another table", e.Column)
}

// CheckSCD says whether a table with such columns keeps of rows what is asked for: each version, or the current one. Error: *SCDError.
func CheckSCD(columns *schema.Struct, history bool) error {
	for _, name := range []string{StartColumn, EndColumn} {
		switch there := columns.Field(name) != nil; {
		case history && !there:
			return &SCDError{Has: 1, Want: 2, Column: name}
		case !history && there:
			return &SCDError{Has: 2, Want: 1, Column: name}
		}
	}
	return nil
}

// ColumnsOf are the columns of a table that changes have too: not those of [Batch.History].
func ColumnsOf(table *schema.Struct) *schema.Struct {
	out := &schema.Struct{}
	for _, f := range table.Fields {
		if f.Name != StartColumn && f.Name != EndColumn {
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// checkNames refuses changes with columns that only tables of history have.
func checkNames(b Batch) error {
	for _, f := range b.Columns {
		if n := schema.Fold(f.Name); n == schema.Fold(StartColumn) || n == schema.Fold(EndColumn) {
			return &SCDError{}
		}
	}
	return nil
}

// TimeError says that a change does not tell when it was made.
type TimeError struct{ Origin Origin }

func (e *TimeError) Error() string {
	return fmt.Sprintf("a change of %s does not tell when it was made, and scd_type 2 needs to know for the columns %s and %s: set scd_type to 1, or sequence_by to a column that is never null",
		e.Origin, StartColumn, EndColumn)
}

// dated gives changes the columns of [Batch.History], and those without a sequence the place that they were read at as one. A change without a time is refused: a
// version that ends at no time would pass for the current one. The caller releases the result. Error: *TimeError.
func dated(ctx context.Context, rec arrow.RecordBatch, b Batch) (arrow.RecordBatch, error) {
	n := len(b.Columns)
	last, err := arrowrows.PlainRows(ctx, rec)
	if err != nil {
		return nil, err
	}
	defer last.Release()
	ops, times := last.Column(n).(*array.Int8), last.Column(n+3)
	if times.NullN() > 0 {
		for i := range ops.Len() {
			if times.IsNull(i) && Op(ops.Value(i)) != Moved {
				return nil, &TimeError{Origin: b.Origin}
			}
		}
	}
	ends := arrowmap.Nulls(times.DataType(), ops.Len())
	defer ends.Release()
	seqs := placed(last.Column(n+1).(*array.Binary), last.Column(n+4).(*array.String), last.Column(n+5).(*array.Int64))
	defer seqs.Release()
	cols := slices.Concat(last.Columns()[:n], []arrow.Array{times, ends, ops, seqs}, last.Columns()[n+2:])
	fields := b.History().Schema().Fields()
	for i := range fields {
		fields[i].Type = cols[i].DataType()
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows()), nil
}

// placed are sequences, with the place in the source where there are none: all changes of a row are of one partition.
func placed(seqs *array.Binary, partitions *array.String, offsets *array.Int64) *array.Binary {
	if seqs.NullN() == 0 {
		seqs.Retain()
		return seqs
	}
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer b.Release()
	for i := range seqs.Len() {
		if seqs.IsNull(i) {
			b.Append(Sequence(nil).Unknown().Text(partitions.Value(i)).Number(offsets.Value(i)))
		} else {
			b.Append(seqs.Value(i))
		}
	}
	return b.NewBinaryArray()
}
