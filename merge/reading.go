package merge

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/merge/internal/prune"
	"github.com/ingestd/ingestd/table/predicate"
)

// reading is the filter of the rows that a MERGE looks for: those that match a source row by their key. It tells which files need not be read
// and, of rows that another writer adds meanwhile, whether the statement would have wanted them. It may be true of a row that the rest of
// the condition then refuses.
type reading struct {
	plan  *plan
	index *match.Index // nil: any key may be wanted
	prune predicate.Expr
}

// newReading makes the filter; index is nil where the source is not in memory.
func (p *plan) newReading(index *match.Index) *reading {
	r := &reading{plan: p, index: index}
	var all predicate.And
	if p.on.target != nil && p.on.target.Prune() != nil {
		all = append(all, p.on.target.Prune())
	}
	if index != nil {
		for i, k := range p.on.Keys {
			if k.LeftPath != nil {
				all = append(all, prune.Among(k.LeftPath, index.Keys(), i, k.NullSafe))
			}
		}
	}
	r.prune = all
	return r
}

// String implements predicate.Filter.
func (r *reading) String() string { return r.plan.stmt.On }

// Columns implements predicate.Filter.
func (r *reading) Columns() []string {
	var out []string
	out = append(out, r.plan.on.targetKeys.Columns()...)
	if r.plan.on.target != nil {
		out = append(out, r.plan.on.target.Columns()...)
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// Prune implements predicate.Filter.
func (r *reading) Prune() predicate.Expr { return r.prune }

// Eval implements predicate.Filter.
func (r *reading) Eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	on := &r.plan.on
	keys, err := on.keysOf(ctx, rec, on.target, on.targetKeys)
	if err != nil {
		return nil, err
	}
	defer keys.Release()
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(keys.Len())
	for i, h := range keys.Hash(nil) {
		b.UnsafeAppend(h != 0 && (r.index == nil || r.index.First(h, keys, i) >= 0))
	}
	return b.NewBooleanArray(), nil
}
