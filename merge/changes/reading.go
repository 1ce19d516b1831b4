package changes

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/merge/internal/prune"
	"github.com/ingestd/ingestd/table/predicate"
)

// reading is the filter of the rows that changes are of. It tells which files need not be read and, of rows that another writer adds
// meanwhile, whether the changes would have been of them.
type reading struct {
	keys  []string     // of the table, in order
	index *match.Index // nil: any row may be wanted
	also  *match.Index // of rows that changes take values from; nil: none
	prune predicate.Expr
}

func newReading(keys []string, index, also *match.Index) *reading {
	r := &reading{keys: keys, index: index, also: also}
	if index == nil {
		return r
	}
	r.prune = among(keys, index)
	if also != nil {
		r.prune = predicate.Or{r.prune, among(keys, also)}
	}
	return r
}

func among(keys []string, index *match.Index) predicate.Expr {
	var all predicate.And
	for i, k := range keys {
		all = append(all, prune.Among([]string{k}, index.Keys(), i, true))
	}
	return all
}

// String implements predicate.Filter.
func (r *reading) String() string { return "changes by " + strings.Join(r.keys, ", ") }

// Columns implements predicate.Filter.
func (r *reading) Columns() []string { return slices.Sorted(slices.Values(r.keys)) }

// Prune implements predicate.Filter.
func (r *reading) Prune() predicate.Expr { return r.prune }

// Eval implements predicate.Filter.
func (r *reading) Eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	keys, err := keysOf(ctx, rec, r.keys)
	if err != nil {
		return nil, err
	}
	defer keys.Release()
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(keys.Len())
	for i, h := range keys.Hash(nil) {
		b.UnsafeAppend(r.index == nil || r.index.First(h, keys, i) >= 0 || r.also != nil && r.also.First(h, keys, i) >= 0)
	}
	return b.NewBooleanArray(), nil
}

// keysOf are the keys of rows: NULL is a value like others.
func keysOf(ctx context.Context, rec arrow.RecordBatch, columns []string) (*match.Keys, error) {
	only, err := arrowrows.Columns(rec, columns)
	if err != nil {
		return nil, err
	}
	defer only.Release()
	return match.NewKeys(ctx, only, slices.Repeat([]bool{true}, len(columns)))
}
