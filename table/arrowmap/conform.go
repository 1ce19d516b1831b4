package arrowmap

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// Conform makes a batch fit a target schema: columns are found by name (exact first, then without
// regard to case), put in the target's order, cast by [Cast], and those that are missing become
// nulls. Columns that the target does not have are dropped. A batch that fits already is returned
// as it is, with one more reference.
//
// Nullability is not checked: a column that the target calls not null may get nulls here.
// Schema in: any. Schema out: target. Errors: *CastError. The caller releases the result.
func Conform(ctx context.Context, rec arrow.RecordBatch, target *arrow.Schema) (arrow.RecordBatch, error) {
	if rec.Schema() == target || sameFields(rec.Schema(), target) {
		rec.Retain()
		return rec, nil
	}
	index := FieldIndex(rec.Schema().Fields())
	cols := make([]arrow.Array, 0, target.NumFields())
	defer func() { arrowrows.Release(cols) }()
	for _, f := range target.Fields() {
		i, ok := index(f.Name)
		if !ok {
			cols = append(cols, Nulls(f.Type, int(rec.NumRows())))
			continue
		}
		col, err := cast(ctx, rec.Column(i), f.Type, f.Name)
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	return array.NewRecordBatch(target, cols, rec.NumRows()), nil
}

// Cast makes an array of another type hold the same values, or fails: a value that does not fit
// (overflow, lost digits) is an error, never wrapped or rounded, but for timestamps finer than a
// microsecond, which are cut off towards the past as Spark does, and doubles stored as float.
//
// It takes: integers of any width and sign, floats and decimals among each other towards a type
// that holds them; strings and binaries of every layout; dates; timestamps of every unit, with or
// without zone (the clock is kept as it is); Parquet's INT96 as fixed_size_binary[12]; dictionaries
// and run-ends; null to anything; structs by name; lists and maps by content.
// Errors: *CastError. The caller releases the result.
func Cast(ctx context.Context, arr arrow.Array, to arrow.DataType) (arrow.Array, error) {
	return cast(ctx, arr, to, "")
}

// Nulls is an array of n nulls of a type.
func Nulls(dt arrow.DataType, n int) arrow.Array {
	if s, ok := dt.(*arrow.StructType); ok && hasVoid(s) {
		b := array.NewBuilder(memory.DefaultAllocator, dt)
		defer b.Release()
		b.AppendNulls(n)
		return b.NewArray()
	}
	return array.MakeArrayOfNull(memory.DefaultAllocator, dt, n)
}

// hasVoid tells whether a struct has a field of void, in itself or in a struct of it, for which MakeArrayOfNull panics.
func hasVoid(s *arrow.StructType) bool {
	return slices.ContainsFunc(s.Fields(), func(f arrow.Field) bool {
		inner, ok := f.Type.(*arrow.StructType)
		return f.Type.ID() == arrow.NULL || ok && hasVoid(inner)
	})
}

// FieldIndex gives a look-up of fields by name: an exact match wins over one that differs in case.
func FieldIndex(fields []arrow.Field) func(name string) (int, bool) {
	exact := make(map[string]int, len(fields))
	folded := make(map[string]int, len(fields))
	for i, f := range fields {
		if _, dup := exact[f.Name]; !dup {
			exact[f.Name] = i
		}
		if l := strings.ToLower(f.Name); !has(folded, l) {
			folded[l] = i
		}
	}
	return func(name string) (int, bool) {
		if i, ok := exact[name]; ok {
			return i, true
		}
		i, ok := folded[strings.ToLower(name)]
		return i, ok
	}
}

func has(m map[string]int, k string) bool { _, ok := m[k]; return ok }

func sameFields(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i := range a.NumFields() {
		fa, fb := a.Field(i), b.Field(i)
		if fa.Name != fb.Name || fa.Nullable != fb.Nullable || !arrow.TypeEqual(fa.Type, fb.Type) {
			return false
		}
	}
	return true
}
