package table

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// CheckAppend says whether rows of an Arrow schema can be appended, with or without adding columns.
// Errors: those of WriteSet.Write that the schema alone can tell, and those of txlog/feature for a table that
// this version must not write.
func (t *Table) CheckAppend(in *arrow.Schema, mergeSchema bool) error {
	s := t.Snapshot()
	if err := s.CheckWrite(); err != nil {
		return err
	}
	incoming, err := arrowmap.FromArrow(in)
	if err != nil {
		return err
	}
	sh := shapeOf(s)
	merged, err := accept(s.Schema(), incoming, mergeSchema, sh.merger())
	if err != nil {
		return err
	}
	for i := range merged.Fields {
		f := &merged.Fields[i]
		if id, is := f.Identity(); is && !id.AllowExplicit && incoming.Field(f.Name) != nil {
			return &IdentityColumnError{Column: f.Name}
		}
	}
	_, err = newTarget(merged, sh)
	return err
}

// CheckPartitionedBy says whether the table is partitioned by just these columns, in this order, without
// regard to case. Error: *PartitionedError.
func (t *Table) CheckPartitionedBy(columns []string) error {
	have := t.PartitionColumns()
	if !slices.EqualFunc(have, columns, func(a, b string) bool { return schema.Fold(a) == schema.Fold(b) }) {
		return &PartitionedError{Location: t.Location(), Table: have, Want: columns}
	}
	return nil
}
