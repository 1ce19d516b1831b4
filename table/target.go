package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// target is what rows are written as: a schema of the table with all that follows from it. It is
// immutable; a write that evolves the schema goes on to another target.
type target struct {
	schema      *schema.Struct
	arrow       *arrow.Schema // all columns of the table
	rules       []*nullRule
	partitionBy []string
	splitter    *partition.Splitter
	fileSchema  *schema.Struct // what a data file holds
	fileArrow   *arrow.Schema
	stats       stats.Selection
	hasVoid     bool // which files do not hold
}

func newTarget(s *schema.Struct, partitionBy []string, p txlog.Properties) (*target, error) {
	t := &target{schema: s, partitionBy: partitionBy, rules: nullRules(s)}
	var err error
	if t.arrow, err = arrowmap.ToArrow(s); err != nil {
		return nil, err
	}
	if t.splitter, err = partition.NewSplitter(s, partitionBy); err != nil {
		return nil, err
	}
	if t.fileSchema, err = arrowmap.FileSchema(s, partitionBy); err != nil {
		return nil, err
	}
	if t.fileArrow, err = arrowmap.ToArrow(t.fileSchema); err != nil {
		return nil, err
	}
	if t.stats, err = statsColumns(p, t.fileSchema); err != nil {
		return nil, err
	}
	t.hasVoid = schema.Contains(s, func(t schema.Type) bool { return t == schema.Type(schema.Void) })
	return t, nil
}

// split gives the rows of rec by partition, as files hold them. The caller releases the parts, with an error too.
func (t *target) split(ctx context.Context, rec arrow.RecordBatch) ([]partition.Part, error) {
	if t.hasVoid {
		partitioned, err := t.withoutVoid(ctx, rec)
		if err != nil {
			return nil, err
		}
		defer partitioned.Release()
		rec = partitioned
	}
	if len(t.partitionBy) == 0 {
		rec.Retain()
		return []partition.Part{{Values: map[string]*string{}, Rec: rec}}, nil
	}
	parts, err := t.splitter.Split(ctx, rec)
	if err == nil {
		err = t.checkEmpty(parts)
	}
	return parts, err
}

// checkEmpty finds a partition column that is NOT NULL and has an empty text, which the protocol cannot tell from
// null: readers would get a null that they were promised not to. Error: *NotNullError.
func (t *target) checkEmpty(parts []partition.Part) error {
	for _, c := range t.splitter.Columns() {
		if t.schema.Field(c).Nullable {
			continue
		}
		for _, p := range parts {
			if p.Values[c] == nil {
				return &NotNullError{Column: c, Row: -1, Empty: true}
			}
		}
	}
	return nil
}

// withoutVoid gives rec without void columns and fields, but with the partition columns.
func (t *target) withoutVoid(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	fields := append([]arrow.Field(nil), t.fileArrow.Fields()...)
	for _, c := range t.splitter.Columns() {
		f, _ := t.arrow.FieldsByName(c)
		fields = append(fields, f...)
	}
	return arrowmap.Conform(ctx, rec, arrow.NewSchema(fields, nil))
}
