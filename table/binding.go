package table

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// binding makes batches of one incoming schema rows of the table: which column goes where, how those that
// are missing are filled in, and what every row must fulfil.
type binding struct {
	target *target
	kind   rowKind
	source []int    // for each column of the table's schema the incoming one; -1: not there
	fill   []filler // in order; each may read what those before it have filled
	checks []check
}

// filler fills in columns that are missing in the rows.
type filler interface {
	// fill replaces columns, which are nulls before.
	fill(ctx context.Context, cols []arrow.Array, rows int64) error
}

// check looks at whole rows.
type check interface {
	// check finds the rows that must not be written. Errors: *ConstraintError, *GeneratedColumnError.
	check(ctx context.Context, cols []arrow.Array, rows int64) error
}

func bind(t *target, in *arrow.Schema, kind rowKind) *binding {
	b := &binding{target: t, kind: kind, source: make([]int, t.arrow.NumFields())}
	index := arrowmap.FieldIndex(in.Fields())
	for i, f := range t.arrow.Fields() {
		b.source[i] = -1
		if j, ok := index(f.Name); ok {
			b.source[i] = j
		}
	}
	return b
}

// apply gives rec in the table's columns, order and types. Columns that come dictionary-encoded with
// int32 indices stay so, since the encoder takes them as they are. The caller releases the result.
// Errors: *arrowmap.CastError, *InvalidTextError, *NotNullError, *ConstraintError, *GeneratedColumnError,
// *IdentityOverflowError.
func (b *binding) apply(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	want := b.target.arrow
	fields := slices.Clone(want.Fields())
	cols := make([]arrow.Array, 0, len(fields))
	defer func() { arrowrows.Release(cols) }()
	same := true
	for i, f := range fields {
		if b.source[i] < 0 {
			cols = append(cols, arrowmap.Nulls(f.Type, int(rec.NumRows())))
			continue
		}
		col := rec.Column(b.source[i])
		if isDictionaryOf(col.DataType(), f.Type) {
			col.Retain()
			fields[i].Type, same = col.DataType(), false
		} else {
			var err error
			if col, err = cast(ctx, col, f); err != nil {
				return nil, err
			}
		}
		cols = append(cols, col)
		if b.kind != newRows { // the table's own texts are as they are
			continue
		}
		if err := checkText(f.Name, col); err != nil {
			return nil, err
		}
	}
	for _, f := range b.fill {
		if err := f.fill(ctx, cols, rec.NumRows()); err != nil {
			return nil, err
		}
	}
	if err := b.target.emptyAsNull(cols); err != nil {
		return nil, err
	}
	if err := checkNulls(b.target.rules, cols); err != nil {
		return nil, err
	}
	for _, c := range b.checks {
		if err := c.check(ctx, cols, rec.NumRows()); err != nil {
			return nil, err
		}
	}
	s := want
	if !same {
		s = arrow.NewSchema(fields, nil)
	}
	return array.NewRecordBatch(s, cols, rec.NumRows()), nil
}

func cast(ctx context.Context, col arrow.Array, f arrow.Field) (arrow.Array, error) {
	if arrow.TypeEqual(col.DataType(), f.Type) {
		col.Retain()
		return col, nil
	}
	out, err := arrowmap.Cast(ctx, col, f.Type)
	if ce := (*arrowmap.CastError)(nil); errors.As(err, &ce) {
		named := *ce
		named.Column = strings.TrimSuffix(f.Name+"."+ce.Column, ".")
		return nil, &named
	}
	return out, err
}

func isDictionaryOf(dt, value arrow.DataType) bool {
	d, ok := dt.(*arrow.DictionaryType)
	return ok && d.IndexType.ID() == arrow.INT32 && arrow.TypeEqual(d.ValueType, value) &&
		(value.ID() == arrow.STRING || value.ID() == arrow.BINARY)
}
