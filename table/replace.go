package table

import (
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// replaceSchema makes the write one that replaces the schema and the partitioning of the table by those of its
// rows, together with all rows (Spark's overwriteSchema). It comes before any Write. Properties and
// constraints stay. A column that stays as it was keeps what the table says of it; under column mapping
// others get ids and physical names of their own, so that nothing of old files is read as theirs.
// Errors: those of a new table of such a schema.
func (w *WriteSet) replaceSchema(rows *arrow.Schema, partitionBy []string) error {
	fresh, err := SchemaOf(rows)
	if err != nil {
		return err
	}
	fresh = keptFields(w.base.Schema(), fresh)
	if err := errors.Join(fresh.Check(), fresh.CheckPartitionColumns(partitionBy)); err != nil {
		return err
	}
	if fresh, w.maxID, err = w.shape.assign(fresh, w.maxID, w.t.physicalName); err != nil {
		return err
	}
	sh := *w.shape
	sh.partitionBy = make([]string, len(partitionBy))
	for i, c := range partitionBy {
		sh.partitionBy[i] = fresh.Field(c).Name
	}
	if len(sh.clustered) > 0 && len(partitionBy) > 0 {
		return &ClusteringError{Reason: "the table is clustered and cannot be partitioned too; end its clustering first"}
	}
	t, err := newTarget(fresh, &sh)
	if err != nil {
		return err
	}
	w.shape, w.target, w.start, w.replace = &sh, t, fresh, true
	return nil
}

// keptFields is fresh with the fields that the table has in the same type as the table has them.
func keptFields(table, fresh *schema.Struct) *schema.Struct {
	out := &schema.Struct{Fields: slices.Clone(fresh.Fields)}
	for i, f := range out.Fields {
		if old := table.Field(f.Name); old != nil && schema.SameType(old.Type, f.Type) {
			out.Fields[i] = *old
		}
	}
	return out
}

// replacement is the metadata of a write that replaces the schema. Error: *SchemaChangedError where another writer
// has changed the metadata meanwhile.
func (w *WriteSet) replacement(s *txlog.Snapshot) ([]action.Action, error) {
	if s.Metadata() != w.base.Metadata() {
		return nil, &SchemaChangedError{Location: w.t.Location(), Version: s.Version(), Err: errors.New("its metadata are not those that were to be replaced")}
	}
	meta := *s.Metadata()
	meta.PartitionColumns = w.shape.partitionBy
	return w.described(s, w.withMarks(w.target.schema), meta)
}
