package merge

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

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

// evolve gives the table the columns that the statement adds before any row comes, so that their order does not depend on which clause is first
// to write one, and they are there also where none does.
func (p *plan) evolve(ctx context.Context, c *table.Change) error {
	if p.table == c.Snapshot().Schema() {
		return nil
	}
	all := &schema.Struct{}
	for _, f := range p.table.Fields {
		_, generated := f.Generation()
		if _, identity := f.Identity(); !generated && !identity {
			all.Fields = append(all.Fields, f)
		}
	}
	s, err := arrowmap.ToArrow(all)
	if err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	none := b.NewRecordBatch()
	defer none.Release()
	return c.Write(ctx, none)
}

// gives says whether a clause gives a column of the source to the column of that name. Those without a row of the source do not, as in Spark.
func (s Statement) gives(column string) bool {
	target, _ := s.names()
	for _, c := range s.Clauses {
		switch {
		case c.When == expression.NotMatchedBySource:
			continue
		case c.Action == expression.MergeUpdateAll || c.Action == expression.MergeInsertAll:
			return true
		}
		for _, a := range c.Set {
			path := a.Path
			if len(path) > 1 && slices.ContainsFunc(target, func(n string) bool { return strings.EqualFold(n, path[0]) }) {
				path = path[1:]
			}
			if schema.Fold(path[0]) == schema.Fold(column) {
				return true
			}
		}
	}
	return false
}
