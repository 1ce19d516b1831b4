package partition

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Splitter splits the batches of a table by its partition columns. It may be used by many
// goroutines at a time.
type Splitter struct {
	columns []string
	types   []schema.Type
	keep    bool // partition columns stay in the rows
}

// Option changes how a Splitter works.
type Option func(*Splitter)

// Keep says whether the rows of a part have the partition columns too, for tables that want them in the files.
func Keep(keep bool) Option { return func(s *Splitter) { s.keep = keep } }

// Part is the rows of a batch that belong to one partition.
type Part struct {
	Values map[string]*string // as an add action has them, by the table's spelling of the columns
	Dir    string             // the folder of its files, "" for a table without partitions; the same for the same values
	Rec    arrow.RecordBatch  // its rows, in order, without the partition columns (but see Keep); the caller releases it
}

// ColumnError says that a column cannot partition a table.
type ColumnError struct {
	Column string
	Reason string
}

func (e *ColumnError) Error() string {
	return fmt.Sprintf("partition column %s: %s", e.Column, e.Reason)
}

// NewSplitter makes a Splitter for a table's schema and partition columns, found without regard to
// case. Errors: *ColumnError for a column that is not there or whose type has no partition values.
func NewSplitter(table *schema.Struct, partitionBy []string, opts ...Option) (*Splitter, error) {
	s := &Splitter{}
	for _, o := range opts {
		o(s)
	}
	for _, name := range partitionBy {
		f, ok := find(table, name)
		if !ok {
			return nil, &ColumnError{Column: name, Reason: "the table has no such column"}
		}
		switch f.Type.(type) {
		case schema.Decimal:
		case schema.Primitive:
			if f.Type == schema.Variant || f.Type == schema.Void {
				return nil, &ColumnError{Column: name, Reason: fmt.Sprintf("a %s cannot be a partition value", f.Type)}
			}
		default:
			return nil, &ColumnError{Column: name, Reason: fmt.Sprintf("a %s cannot be a partition value", f.Type)}
		}
		s.columns, s.types = append(s.columns, f.Name), append(s.types, f.Type)
	}
	return s, nil
}

func find(table *schema.Struct, name string) (schema.Field, bool) {
	for _, f := range table.Fields {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return schema.Field{}, false
}

// Columns are the partition columns as the table spells them.
func (s *Splitter) Columns() []string { return s.columns }

// Split gives the parts of a batch in the order in which their first rows come. The batch has the
// partition columns under the table's names with arrowmap's types, or as dictionaries of them. Rows
// that lie together are not copied: a batch of one partition costs a look at its partition columns.
// Schema out: that of the batch without the partition columns, unless they are kept. Errors: *ColumnError for a missing
// column, *scalar.ValueError for a value that has no text.
func (s *Splitter) Split(ctx context.Context, rec arrow.RecordBatch) ([]Part, error) {
	if rec.NumRows() == 0 {
		return nil, nil
	}
	data := make([]int, 0, rec.NumCols())
	at := make([]int, len(s.columns))
	for i := range at {
		at[i] = -1
	}
	for c := range int(rec.NumCols()) {
		if i := s.index(rec.ColumnName(c)); i >= 0 {
			at[i] = c
			if !s.keep {
				continue
			}
		}
		data = append(data, c)
	}
	g := groups{n: int(rec.NumRows())}
	for i, c := range at {
		if c < 0 {
			return nil, &ColumnError{Column: s.columns[i], Reason: "the rows do not have it"}
		}
		g.add(rec.Column(c))
	}
	rest := project(rec, data)
	defer rest.Release()
	return s.cut(ctx, rest, &g)
}

func (s *Splitter) index(name string) int {
	for i, c := range s.columns {
		if c == name {
			return i
		}
	}
	return -1
}

func project(rec arrow.RecordBatch, columns []int) arrow.RecordBatch {
	fields := make([]arrow.Field, len(columns))
	cols := make([]arrow.Array, len(columns))
	for i, c := range columns {
		fields[i], cols[i] = rec.Schema().Field(c), rec.Column(c)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

// cut makes the parts. Where a group's rows do not lie together, all rows are put in order of
// their groups first, one pass per column, and then sliced.
func (s *Splitter) cut(ctx context.Context, rec arrow.RecordBatch, g *groups) ([]Part, error) {
	starts, order := g.layout()
	if order != nil {
		sorted, err := arrowrows.Some(ctx, rec, order)
		if err != nil {
			return nil, fmt.Errorf("split by partition: %w", err)
		}
		defer sorted.Release()
		rec = sorted
	}
	parts := make([]Part, len(starts)-1)
	for i := range parts {
		values, err := s.values(g, i)
		if err != nil {
			releaseParts(parts)
			return nil, err
		}
		parts[i] = Part{Values: values, Dir: Dir(s.columns, values), Rec: rec.NewSlice(int64(starts[i]), int64(starts[i+1]))}
	}
	return parts, nil
}

func (s *Splitter) values(g *groups, group int) (map[string]*string, error) {
	values := make(map[string]*string, len(s.columns))
	for c, name := range s.columns {
		text, err := Format(s.types[c], g.value(c, group))
		if err != nil {
			return nil, fmt.Errorf("partition column %s: %w", name, err)
		}
		values[name] = text
	}
	return values, nil
}

func releaseParts(parts []Part) {
	for _, p := range parts {
		if p.Rec != nil {
			p.Rec.Release()
		}
	}
}
