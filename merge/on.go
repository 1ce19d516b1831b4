package merge

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
)

// keysOf gives the keys of rows of one side: those for which a filter of that side is not true match nothing, and it does not
// matter whether they have a key.
func (on *condition) keysOf(ctx context.Context, rec arrow.RecordBatch, where predicate.Filter, by expression.Projection) (*match.Keys, error) {
	var is *array.Boolean
	if where != nil {
		var err error
		if is, err = where.Eval(ctx, rec); err != nil {
			return nil, err
		}
		defer is.Release()
	}
	values, err := by.Apply(ctx, rec)
	if err != nil && is != nil {
		values, err = valuesWhere(ctx, rec, is, by)
	}
	if err != nil {
		return nil, err
	}
	defer values.Release()
	k, err := match.NewKeys(ctx, values, on.nullSafe)
	if err != nil || is == nil {
		return k, err
	}
	is.Retain()
	k.Only(is)
	return k, nil
}

// valuesWhere computes values for the rows for which is holds, and has NULL for the others.
func valuesWhere(ctx context.Context, rec arrow.RecordBatch, is *array.Boolean, by expression.Projection) (arrow.RecordBatch, error) {
	var rows []int32
	places := array.NewInt32Builder(memory.DefaultAllocator)
	defer places.Release()
	for i := range is.Len() {
		if is.IsNull(i) || !is.Value(i) {
			places.AppendNull()
			continue
		}
		places.Append(int32(len(rows)))
		rows = append(rows, int32(i))
	}
	some, err := arrowrows.SomeOf(ctx, rec, by.Columns(), rows)
	if err != nil {
		return nil, err
	}
	defer some.Release()
	values, err := by.Apply(ctx, some)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	at := places.NewInt32Array()
	defer at.Release()
	cols := make([]arrow.Array, values.NumCols())
	defer func() { arrowrows.Release(cols) }()
	for i := range cols {
		if cols[i], err = arrowrows.Take(ctx, values.Column(i), at); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(values.Schema(), cols, rec.NumRows()), nil
}

// sourceHashes are the hashes of the keys of source rows.
func (on *condition) sourceHashes(ctx context.Context, rec arrow.RecordBatch) ([]uint64, error) {
	k, err := on.keysOf(ctx, rec, on.source, on.sourceKeys)
	if err != nil {
		return nil, err
	}
	defer k.Release()
	return k.Hash(nil), nil
}

// index makes the hash table over source rows.
func (on *condition) index(ctx context.Context, rows *match.Rows) (*match.Index, error) {
	var chunks []*match.Keys
	for _, rec := range rows.Chunks() {
		k, err := on.keysOf(ctx, rec, on.source, on.sourceKeys)
		if err != nil {
			for _, k := range chunks {
				k.Release()
			}
			return nil, err
		}
		chunks = append(chunks, k)
	}
	return match.NewIndex(chunks), nil
}

// targetColumns are the columns of the table that the condition reads.
func (p *plan) targetColumns() []string {
	var out []string
	out = append(out, p.on.targetKeys.Columns()...)
	if p.on.target != nil {
		out = append(out, p.on.target.Columns()...)
	}
	if p.on.rest != nil {
		out = append(out, p.ofTarget(p.on.rest.Columns())...)
	}
	return unique(out)
}

// ofTarget are the columns of the table among fields of the joined schema.
func (p *plan) ofTarget(joined []string) []string {
	var out []string
	for _, name := range joined {
		if s, ok := p.sides[name]; ok && !s.source {
			out = append(out, s.column)
		}
	}
	return out
}

// unique is never nil, which as a list of columns to read would be all.
func unique(list []string) []string {
	out := []string{}
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			out = append(out, s)
		}
		seen[s] = true
	}
	return out
}
