package cdf

import (
	"context"
	"fmt"
	"slices"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// fixSchema says which columns the rows have, and checks that those of the beginning can be read so.
func (f *Feed) fixSchema(ctx context.Context) error {
	f.rows = f.t.Snapshot()
	if f.rows.Mapping() != schema.MappingNone && f.to < f.t.Version() {
		var err error
		if f.rows, err = f.at(ctx, f.to); err != nil {
			return err
		}
	}
	for _, c := range f.rows.Schema().Fields {
		if ownColumn(c.Name) >= 0 {
			return &ColumnError{Location: f.t.Location(), Column: c.Name}
		}
	}
	return f.checkReadable(f.from, f.start.Schema())
}

func (f *Feed) checkSchema(version int64, m *action.Metadata) error {
	s, err := schema.Parse(m.SchemaString)
	if err != nil {
		return fmt.Errorf("version %d of %s: %w", version, f.t.Location(), err)
	}
	return f.checkReadable(version, s)
}

// checkReadable says whether files with the columns of a version can be read with those of the feed. Only tables that map their columns can
// rename and drop them, and are checked, as in Spark; in others a column keeps its name, and one that an overwrite took away is not in the feed.
func (f *Feed) checkReadable(version int64, had *schema.Struct) error {
	if f.rows.Mapping() == schema.MappingNone {
		return nil
	}
	column, change := lost(had, f.rows.Schema(), "")
	if column == "" {
		return nil
	}
	return &SchemaError{Location: f.t.Location(), Version: version, Column: column, Change: change, SchemaAt: f.rows.Version()}
}

// lost is the first column or field of a schema that a later one does not have so, and what became of it; "" for none.
func lost(had, has *schema.Struct, path string) (column, change string) {
	for _, before := range had.Fields {
		column := path + before.Name
		i := slices.IndexFunc(has.Fields, func(c schema.Field) bool { return c.PhysicalName() == before.PhysicalName() })
		if i < 0 {
			return column, "is not there any more"
		}
		after := has.Fields[i]
		if after.Name != before.Name {
			return column, "is named " + after.Name
		}
		inner, isStruct := before.Type.(*schema.Struct)
		now, stillStruct := after.Type.(*schema.Struct)
		switch {
		case isStruct && stillStruct:
			if c, change := lost(inner, now, column+"."); c != "" {
				return c, change
			}
		case before.Type.String() != after.Type.String() && !schema.CanWiden(before.Type, after.Type):
			return column, fmt.Sprintf("is %s, not %s,", after.Type, before.Type)
		}
	}
	return "", ""
}
