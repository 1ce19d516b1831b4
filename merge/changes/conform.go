package changes

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Fit is the schema that rows of a batch have in a table, column by column of the batch: in the table's names, and in the types that
// columns of the table have or are to have. Columns that the way of schema changes leaves out are missing.
// Errors: *schema.MergeError, which names the column and both types; *NewColumnError.
func Fit(now *schema.Struct, b Batch, how SchemaChange) (*schema.Struct, error) {
	in, err := arrowmap.FromArrow(arrow.NewSchema(b.Columns, nil))
	if err != nil {
		return nil, err
	}
	out := &schema.Struct{}
	for _, f := range in.Fields {
		have := now.Field(f.Name)
		if have == nil && f.Type == schema.Type(schema.Void) { // of which no value has come yet
			continue
		}
		if have == nil {
			if how == Exception {
				return nil, &NewColumnError{Column: f.Name}
			}
			if how != Ignore {
				f.Nullable = true
				out.Fields = append(out.Fields, f)
			}
			continue
		}
		fit := schema.Field{Name: have.Name, Type: have.Type, Nullable: true}
		if fit.Type, err = fitType(*have, f, how); err != nil {
			return nil, err
		}
		out.Fields = append(out.Fields, fit)
	}
	return out, nil
}

// KeysOf are the names that the keys of a batch have in columns: those that are configured, or else the batch's own. Changes without
// columns, which are truncations, have none. Errors: *KeysError; *KeyTypeError.
func KeysOf(columns *schema.Struct, b Batch, configured []string) ([]string, error) {
	keys := b.Keys
	if configured != nil {
		keys = configured
	}
	if len(b.Columns) == 0 {
		return nil, nil
	}
	named := make([]string, len(keys))
	for i, k := range keys {
		f := columns.Field(k)
		if f == nil {
			return nil, &KeysError{Origin: b.Origin, Key: k}
		}
		as, err := arrowmap.ToArrow(&schema.Struct{Fields: []schema.Field{*f}})
		if err != nil {
			return nil, err
		}
		if !match.CanKey(as.Field(0).Type) {
			return nil, &KeyTypeError{Origin: b.Origin, Key: f.Name, Type: f.Type}
		}
		named[i] = f.Name
	}
	return named, nil
}

// KeyTypeError says that a key has a type whose values cannot be compared.
type KeyTypeError struct {
	Origin Origin
	Key    string
	Type   schema.Type
}

func (e *KeyTypeError) Error() string {
	return fmt.Sprintf("the changes of %s have the key %s of type %s, which cannot be a key: set keys to others", e.Origin, e.Key, e.Type)
}

// fitType is the type that a column has once values of another type are in it.
func fitType(have, in schema.Field, how SchemaChange) (schema.Type, error) {
	var m schema.Merger
	if how == Evolve || how == TryEvolve || how == "" {
		m.Widen = func(table, incoming schema.Type) (schema.Type, bool) {
			return incoming, schema.CanWidenUnasked(table, incoming)
		}
	}
	plain := schema.Field{Name: have.Name, Type: have.Type, Nullable: true}
	in.Name, in.Nullable, in.Metadata = have.Name, true, nil
	merged, err := m.Merge(&schema.Struct{Fields: []schema.Field{plain}}, &schema.Struct{Fields: []schema.Field{in}})
	if err == nil {
		return merged.Fields[0].Type, nil
	}
	if how == Lenient || how == Ignore || how == TryEvolve { // values are cast
		return have.Type, nil
	}
	return nil, err
}

// union adds the columns of b to a.
func union(a, b *schema.Struct) (*schema.Struct, error) {
	if a == nil {
		return b, nil
	}
	m := schema.Merger{Widen: func(table, incoming schema.Type) (schema.Type, bool) {
		return incoming, schema.CanWidenUnasked(table, incoming)
	}}
	return m.Merge(a, b)
}

// conform gives a batch of changes in the columns and types of to, with source times of a type: what it lacks is null, and what it does not
// know stays unknown. The caller releases the result. Errors: *arrowmap.CastError for a value that does not fit.
func conform(ctx context.Context, rec arrow.RecordBatch, b Batch, to *schema.Struct, sourceTime arrow.DataType) (arrow.RecordBatch, error) {
	as, err := arrowmap.ToArrow(to)
	if err != nil {
		return nil, err
	}
	index := arrowmap.FieldIndex(b.Columns)
	n := int(rec.NumRows())
	cols := make([]arrow.Array, 0, len(to.Fields)+numAbout)
	defer func() { arrowrows.Release(cols) }()
	from := make([]int, len(to.Fields))
	for i, f := range as.Fields() {
		j, ok := index(f.Name)
		if !ok {
			from[i] = -1
			cols = append(cols, arrowmap.Nulls(f.Type, n))
			continue
		}
		from[i] = j
		c, err := castTo(ctx, rec.Column(j), f)
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	fields := about(sourceTime)
	for i, f := range fields {
		c, err := castTo(ctx, rec.Column(len(b.Columns)+i), f)
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	mask := moveMask(cols[len(to.Fields)+2].(*array.Binary), from)
	cols[len(to.Fields)+2].Release()
	cols[len(to.Fields)+2] = mask
	return array.NewRecordBatch(arrow.NewSchema(slices.Concat(as.Fields(), fields), nil), cols, int64(n)), nil
}

// castTo gives a column in the type of f, without a dictionary. The caller releases it.
func castTo(ctx context.Context, col arrow.Array, f arrow.Field) (arrow.Array, error) {
	flat, err := arrowrows.Plain(ctx, col)
	if err != nil || arrow.TypeEqual(flat.DataType(), f.Type) {
		return flat, err
	}
	defer flat.Release()
	out, err := arrowmap.Cast(ctx, flat, f.Type)
	if ce := (*arrowmap.CastError)(nil); errors.As(err, &ce) {
		return nil, fmt.Errorf("column %s: %w", f.Name, err)
	}
	return out, err
}

// moveMask moves the bits of masks: bit i becomes that of column from[i].
func moveMask(masks *array.Binary, from []int) arrow.Array {
	same := !slices.ContainsFunc(from, func(i int) bool { return i < 0 })
	for i, j := range from {
		same = same && i == j
	}
	if same || masks.NullN() == masks.Len() {
		masks.Retain()
		return masks
	}
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer b.Release()
	for row := range masks.Len() {
		old := bytesAt(masks, row)
		if !anySet(old) {
			b.AppendNull()
			continue
		}
		mask := make([]byte, (len(from)+7)/8)
		for i, j := range from {
			if j >= 0 && lacking(old, j) {
				mask[i/8] |= 1 << (i % 8)
			}
		}
		b.Append(mask)
	}
	return b.NewArray()
}
