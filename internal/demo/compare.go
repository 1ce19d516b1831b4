package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table"
)

// Comparison is how a Delta table compares to a table of the database.
type Comparison struct {
	Table          string
	Database, Lake int64 // rows
	// Differing are the rows of either side that the other does not have exactly so, one that both have with other values once.
	Differing int64
	// Example is one of them, as the lake and the database have it.
	Example string
}

// compare compares all columns of all rows; the first column names a row.
func compare(ctx context.Context, database arrow.RecordBatch, t *table.Table) (Comparison, error) {
	c := Comparison{Database: database.NumRows()}
	want := make(map[string]string, c.Database)
	for i := range int(c.Database) {
		want[cell(database.Column(0), i)] = row(database, i)
	}
	columns := columnsOf(database.Schema())
	for rec, err := range t.Scan(ctx, table.ScanOptions{}) {
		if err != nil {
			return c, err
		}
		if theirs := columnsOf(rec.Schema()); !slices.Equal(theirs, columns) {
			rec.Release()
			return c, fmt.Errorf("its columns are %s, in the database %s", strings.Join(theirs, ", "), strings.Join(columns, ", "))
		}
		for i := range int(rec.NumRows()) {
			id, got := cell(rec.Column(0), i), row(rec, i)
			c.Lake++
			if known, ok := want[id]; !ok || known != got {
				c.differs("row %s is %s, in the database %q", id, got, known)
			}
			delete(want, id)
		}
		rec.Release()
	}
	for id, known := range want {
		c.differs("row %s is not there, in the database it is %s", id, known)
	}
	return c, nil
}

func (c *Comparison) differs(format string, args ...any) {
	if c.Differing++; c.Example == "" {
		c.Example = fmt.Sprintf(format, args...)
	}
}

// columnsOf are names and types of columns; whether one may be null is the table's business.
func columnsOf(s *arrow.Schema) (columns []string) {
	for _, f := range s.Fields() {
		typ := f.Type
		if d, ok := typ.(*arrow.DictionaryType); ok {
			typ = d.ValueType
		}
		columns = append(columns, fmt.Sprintf("%s %s", f.Name, typ))
	}
	return columns
}

// row is a row as a text that no other row has.
func row(rec arrow.RecordBatch, i int) string {
	cells := make([]string, rec.NumCols())
	for k, column := range rec.Columns() {
		cells[k] = cell(column, i)
	}
	return "(" + strings.Join(cells, ", ") + ")"
}

func cell(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "NULL"
	}
	if d, ok := a.(*array.Dictionary); ok {
		a, i = d.Dictionary(), d.GetValueIndex(i)
	}
	switch a := a.(type) {
	case *array.String:
		return fmt.Sprintf("%q", a.Value(i))
	default:
		return a.ValueStr(i)
	}
}
