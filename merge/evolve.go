package merge

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

// evolved is the schema of the table with what the clauses add to it: that of the table itself without schema evolution. A column of
// another type in the source stays as it is where the type does not widen; values are cast then.
func evolved(c *table.Change, s Statement, source *arrow.Schema) (*schema.Struct, error) {
	now := c.Snapshot().Schema()
	if !s.SchemaEvolution {
		return now, nil
	}
	from, err := arrowmap.FromArrow(source)
	if err != nil {
		return nil, err
	}
	out := now
	for _, f := range from.Fields {
		if !s.gives(f.Name) {
			continue
		}
		f.Nullable = true
		merged, err := c.Merger().Merge(out, &schema.Struct{Fields: []schema.Field{f}})
		if err != nil {
			continue
		}
		out = merged
	}
	return out, nil
}

// gives says whether a clause gives a column of the source to the column of that name.
func (s Statement) gives(column string) bool {
	for _, c := range s.Clauses {
		switch c.Action {
		case expression.MergeUpdateAll, expression.MergeInsertAll:
			return true
		}
		for _, a := range c.Set {
			if schema.Fold(a.Column) == schema.Fold(column) {
				return true
			}
		}
	}
	return false
}
