package table

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// target is what rows are written as: a schema of the table with all that follows from it. It is
// immutable; a write that evolves the schema goes on to another target.
//
// Rows come in the names of the table. What goes into files, partition values and statistics has the physical
// names, which are the same where the table has no column mapping.
type target struct {
	shape  *shape
	schema *schema.Struct
	arrow  *arrow.Schema // all columns of the table
	rules  []*nullRule

	stored      *schema.Struct // the schema in physical names
	storedArrow *arrow.Schema  // arrow itself without column mapping
	splitter    *partition.Splitter
	visible     *target        // the same without hidden columns; nil for that itself
	has         hiddenSet      // the hidden columns
	hidden      []schema.Field // the same, at the end of each file
	fileSchema  *schema.Struct // what a data file holds
	fileArrow   *arrow.Schema
	stats       stats.Selection
	texts       []int // the partition columns that may be empty texts, by their place in schema
	hasVoid     bool  // which files do not hold
}

func newTarget(s *schema.Struct, sh *shape, hidden ...schema.Field) (*target, error) {
	t := &target{shape: sh, schema: s, rules: nullRules(s), hidden: hidden, stored: s.Physical(sh.mapping)}
	var err error
	if t.arrow, err = arrowmap.ToArrow(s); err != nil {
		return nil, err
	}
	t.storedArrow = t.arrow
	if sh.mapped() {
		if t.storedArrow, err = arrowmap.ToArrow(t.stored); err != nil {
			return nil, err
		}
	}
	by := make([]string, len(sh.partitionBy))
	for i, c := range sh.partitionBy {
		by[i] = c
		if path, ok := s.PhysicalPath(sh.mapping, c); ok {
			by[i] = path[0]
		}
	}
	if t.splitter, err = partition.NewSplitter(t.stored, by, partition.Keep(sh.materialize)); err != nil {
		return nil, err
	}
	for _, c := range sh.partitionBy {
		if i := s.Index(c); i >= 0 && (s.Fields[i].Type == schema.Type(schema.String) || s.Fields[i].Type == schema.Type(schema.Binary)) {
			t.texts = append(t.texts, i)
		}
	}
	data, err := arrowmap.FileSchema(t.stored, by)
	if err != nil {
		return nil, err
	}
	if t.stats, err = statsColumns(sh, s, data); err != nil {
		return nil, err
	}
	t.fileSchema = &schema.Struct{Fields: slices.Clone(data.Fields)}
	if sh.materialize { // after the data columns, as icebergCompatV1 wants it
		for _, c := range by {
			t.fileSchema.Fields = append(t.fileSchema.Fields, *t.stored.Field(c))
		}
	}
	t.fileSchema.Fields = append(t.fileSchema.Fields, hidden...)
	if t.fileArrow, err = arrowmap.ToArrow(t.fileSchema); err != nil {
		return nil, err
	}
	t.hasVoid = schema.Contains(s, func(t schema.Type) bool { return t == schema.Type(schema.Void) })
	return t, nil
}

// physical gives rows of the table's columns under the physical names, with the hidden columns after them. The caller
// releases the result.
func (t *target) physical(rec arrow.RecordBatch, hidden []arrow.Array) arrow.RecordBatch {
	if !t.shape.mapped() && len(hidden) == 0 {
		rec.Retain()
		return rec
	}
	fields := slices.Clone(t.storedArrow.Fields())
	cols := make([]arrow.Array, 0, len(fields)+len(hidden))
	defer func() { arrowrows.Release(cols) }()
	for i, col := range rec.Columns() {
		if _, dict := col.DataType().(*arrow.DictionaryType); dict {
			col.Retain()
			fields[i].Type = col.DataType()
		} else {
			col = arrowmap.WithNames(col, fields[i].Type)
		}
		cols = append(cols, col)
	}
	for i, col := range hidden {
		col.Retain()
		cols = append(cols, col)
		fields = append(fields, arrow.Field{Name: t.hidden[i].Name, Type: col.DataType(), Nullable: true})
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

// split gives physical rows by partition, as files hold them. The caller releases the parts, with an error too.
func (t *target) split(ctx context.Context, rec arrow.RecordBatch) ([]partition.Part, error) {
	if t.hasVoid {
		partitioned, err := t.withoutVoid(ctx, rec)
		if err != nil {
			return nil, err
		}
		defer partitioned.Release()
		rec = partitioned
	}
	if len(t.shape.partitionBy) == 0 {
		rec.Retain()
		return []partition.Part{{Values: map[string]*string{}, Rec: rec}}, nil
	}
	return t.splitter.Split(ctx, rec)
}

// withoutVoid gives rec without void columns and fields, but with the partition columns.
func (t *target) withoutVoid(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	fields := slices.Clone(t.fileArrow.Fields())
	for _, c := range t.splitter.Columns() {
		if !t.shape.materialize {
			f, _ := t.storedArrow.FieldsByName(c)
			fields = append(fields, f...)
		}
	}
	return arrowmap.Conform(ctx, rec, arrow.NewSchema(fields, nil))
}
