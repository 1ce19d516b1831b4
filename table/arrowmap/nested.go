package arrowmap

import (
	"context"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

func castStruct(ctx context.Context, src *array.Struct, to *arrow.StructType, path string) (arrow.Array, error) {
	index := FieldIndex(src.DataType().(*arrow.StructType).Fields())
	children := make([]arrow.ArrayData, 0, to.NumFields())
	defer func() { releaseData(children) }()
	for _, f := range to.Fields() {
		var child arrow.Array
		if i, ok := index(f.Name); ok {
			var err error
			if child, err = cast(ctx, src.Field(i), f.Type, join(path, f.Name)); err != nil {
				return nil, err
			}
		} else {
			child = Nulls(f.Type, src.Len())
		}
		children = append(children, child.Data())
		child.Data().Retain()
		child.Release()
	}
	validity, owned := validityAtZero(src)
	if owned {
		defer validity.Release()
	}
	data := array.NewData(to, src.Len(), []*memory.Buffer{validity}, children, src.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// validityAtZero is the validity bitmap of an array moved to offset zero; nil where nothing is
// null. The second result says that the buffer is a copy that the caller releases.
func validityAtZero(arr arrow.Array) (*memory.Buffer, bool) {
	if arr.NullN() == 0 {
		return nil, false
	}
	buf := arr.Data().Buffers()[0]
	off := arr.Data().Offset()
	if off == 0 {
		return buf, false
	}
	out := memory.NewResizableBuffer(mem)
	out.Resize(int(bitutil.BytesForBits(int64(arr.Len()))))
	bitutil.CopyBitmap(buf.Bytes(), off, arr.Len(), out.Bytes(), 0)
	return out, true
}

// castListLike makes lists of lists of any layout and maps of maps or of lists of pairs.
func castListLike(ctx context.Context, src array.ListLike, to arrow.DataType, path string) (arrow.Array, error) {
	var childType arrow.DataType
	var childPath string
	switch dt := to.(type) {
	case *arrow.MapType:
		childType, childPath = dt.Elem(), path
		if !isPairs(src.DataType()) {
			return nil, &CastError{Column: path, From: src.DataType(), To: to}
		}
	case *arrow.ListType:
		childType, childPath = dt.Elem(), join(path, ElementName)
	default:
		return nil, &CastError{Column: path, From: src.DataType(), To: to}
	}
	offsets, values, err := listParts(ctx, src)
	if err != nil {
		return nil, &CastError{Column: path, From: src.DataType(), To: to, Err: err}
	}
	defer offsets.Release()
	defer values.Release()
	var child arrow.Array
	if dt, ok := to.(*arrow.MapType); ok {
		child, err = castPairs(ctx, values.(*array.Struct), dt.Elem().(*arrow.StructType), path)
	} else {
		child, err = cast(ctx, values, childType, childPath)
	}
	if err != nil {
		return nil, err
	}
	defer child.Release()
	validity, owned := validityAtZero(src)
	if owned {
		defer validity.Release()
	}
	data := array.NewData(to, src.Len(), []*memory.Buffer{validity, offsets}, []arrow.ArrayData{child.Data()}, src.NullN(), 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// isPairs says whether a list can be taken as a map: its elements are structs of two fields.
func isPairs(dt arrow.DataType) bool {
	ll, ok := dt.(arrow.ListLikeType)
	if !ok {
		return false
	}
	st, ok := ll.Elem().(*arrow.StructType)
	return ok && st.NumFields() == 2
}

// castPairs casts keys and values by position: other writers name them as they like.
func castPairs(ctx context.Context, src *array.Struct, to *arrow.StructType, path string) (arrow.Array, error) {
	children := make([]arrow.ArrayData, 0, 2)
	defer func() { releaseData(children) }()
	for i, f := range to.Fields() {
		child, err := cast(ctx, src.Field(i), f.Type, join(path, f.Name))
		if err != nil {
			return nil, err
		}
		child.Data().Retain()
		children = append(children, child.Data())
		child.Release()
	}
	data := array.NewData(to, src.Len(), []*memory.Buffer{nil}, children, 0, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// listParts gives 32-bit offsets from zero of src's own rows, and the values they point into, with
// nothing before, between or after them that belongs to no row.
func listParts(ctx context.Context, src array.ListLike) (*memory.Buffer, arrow.Array, error) {
	n := src.Len()
	buf := memory.NewResizableBuffer(mem)
	buf.Resize((n + 1) * arrow.Int32SizeBytes)
	offsets := arrow.Int32Traits.CastFromBytes(buf.Bytes())
	var start, end, total int64
	dense := true // the rows' values follow each other without gaps
	for i := range n {
		offsets[i] = int32(total)
		if src.IsNull(i) {
			s, e := src.ValueOffsets(i)
			dense = dense && s == e
			continue
		}
		s, e := src.ValueOffsets(i)
		if s < e {
			if total == 0 {
				start, end = s, s
			}
			dense = dense && s == end
			end, total = e, total+e-s
		}
		if total > math.MaxInt32 {
			buf.Release()
			return nil, nil, errOverflow
		}
	}
	offsets[n] = int32(total)
	if dense || total == 0 {
		return buf, array.NewSlice(src.ListValues(), start, start+total), nil
	}
	values, err := gather(ctx, src, total)
	if err != nil {
		buf.Release()
		return nil, nil, err
	}
	return buf, values, nil
}

func releaseData(data []arrow.ArrayData) {
	for _, d := range data {
		d.Release()
	}
}
