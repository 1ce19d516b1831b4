package arrowmap

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"

	"github.com/ingestd/ingestd/table/variant"
)

// family groups the types that convert among each other.
type family int

const (
	other family = iota
	boolean
	number
	text
	date
	timestamp
)

func familyOf(dt arrow.DataType) family {
	switch dt.ID() {
	case arrow.BOOL:
		return boolean
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW, arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return text
	case arrow.DATE32, arrow.DATE64:
		return date
	case arrow.TIMESTAMP:
		return timestamp
	}
	if arrow.IsInteger(dt.ID()) || arrow.IsFloating(dt.ID()) || arrow.IsDecimal(dt.ID()) {
		return number
	}
	return other
}

func cast(ctx context.Context, arr arrow.Array, to arrow.DataType, path string) (arrow.Array, error) {
	from := arr.DataType()
	if arrow.TypeEqual(from, to) {
		arr.Retain()
		return arr, nil
	}
	var out arrow.Array
	var err error
	switch src := arr.(type) {
	case *array.Null:
		return Nulls(to, arr.Len()), nil
	case *array.Dictionary:
		return castDictionary(ctx, src, to, path)
	case *array.RunEndEncoded:
		return castRunEnds(ctx, src, to, path)
	case array.ExtensionArray:
		return cast(ctx, src.Storage(), to, path)
	case *array.Struct:
		if dt, ok := to.(*arrow.StructType); ok {
			if isVariant(dt) && variant.IsShredded(from.(*arrow.StructType)) {
				out, err = variant.Unshred(src, dt)
				break
			}
			return castStruct(ctx, src, dt, path)
		}
	case array.ListLike:
		return castListLike(ctx, src, to, path)
	default:
		out, err = castFlat(ctx, arr, to)
	}
	if err != nil {
		return nil, &CastError{Column: path, From: from, To: to, Err: err}
	}
	if out == nil {
		return nil, &CastError{Column: path, From: from, To: to}
	}
	return out, nil
}

// isVariant tells whether a struct is a variant put together, whatever its fields say of nulls.
func isVariant(dt *arrow.StructType) bool {
	value, hasValue := dt.FieldByName("value")
	meta, hasMeta := dt.FieldByName("metadata")
	return dt.NumFields() == 2 && hasValue && hasMeta && value.Type.ID() == arrow.BINARY && meta.Type.ID() == arrow.BINARY
}

// castFlat converts types without children; nil, nil where there is no conversion.
func castFlat(ctx context.Context, arr arrow.Array, to arrow.DataType) (arrow.Array, error) {
	from, target := familyOf(arr.DataType()), familyOf(to)
	switch {
	case target == timestamp:
		return toTimestamp(arr, to)
	case from == date && target == date:
		return compute.CastArray(ctx, arr, compute.SafeCastOptions(to))
	case from == text && target == text:
		return castText(ctx, arr, to)
	case from == number && target == number:
		return castNumber(ctx, arr, to)
	}
	return nil, nil
}

func castText(ctx context.Context, arr arrow.Array, to arrow.DataType) (arrow.Array, error) {
	switch arr.DataType().ID() {
	case arrow.STRING, arrow.BINARY: // the same layout; files without the annotation hold UTF-8 as binary
		if to.ID() == arrow.STRING || to.ID() == arrow.BINARY {
			return withType(arr, to), nil
		}
	case arrow.FIXED_SIZE_BINARY:
		b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
		defer b.Release()
		src := arr.(*array.FixedSizeBinary)
		for i := range src.Len() {
			if src.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(src.Value(i))
			}
		}
		bin := b.NewArray()
		defer bin.Release()
		return withType(bin, to), nil
	}
	opts := compute.SafeCastOptions(to)
	opts.AllowInvalidUtf8 = true
	return compute.CastArray(ctx, arr, opts)
}

func castNumber(ctx context.Context, arr arrow.Array, to arrow.DataType) (arrow.Array, error) {
	from := arr.DataType()
	if arrow.IsFloating(from.ID()) && !arrow.IsFloating(to.ID()) {
		return nil, nil // would round
	}
	if arrow.IsDecimal(from.ID()) && arrow.IsFloating(to.ID()) {
		return nil, nil
	}
	if arrow.IsInteger(from.ID()) && to.ID() == arrow.DECIMAL128 {
		return intToDecimal(arr, to.(*arrow.Decimal128Type))
	}
	if arrow.IsInteger(from.ID()) && to.ID() == arrow.FLOAT32 && from.(arrow.FixedWidthDataType).BitWidth() > 16 {
		return nil, nil
	}
	return compute.CastArray(ctx, arr, compute.SafeCastOptions(to))
}

func castDictionary(ctx context.Context, src *array.Dictionary, to arrow.DataType, path string) (arrow.Array, error) {
	values, err := cast(ctx, src.Dictionary(), to, path)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	out, err := compute.TakeArray(ctx, values, src.Indices())
	if err != nil {
		return nil, &CastError{Column: path, From: src.DataType(), To: to, Err: err}
	}
	return out, nil
}

func castRunEnds(ctx context.Context, src *array.RunEndEncoded, to arrow.DataType, path string) (arrow.Array, error) {
	values, err := cast(ctx, src.Values(), to, path)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	b := array.NewInt64Builder(mem)
	defer b.Release()
	for i := range src.Len() {
		b.Append(int64(src.GetPhysicalIndex(i)))
	}
	indices := b.NewArray()
	defer indices.Release()
	out, err := compute.TakeArray(ctx, values, indices)
	if err != nil {
		return nil, &CastError{Column: path, From: src.DataType(), To: to, Err: err}
	}
	return out, nil
}

var errOverflow = errors.New("a value is out of range")
