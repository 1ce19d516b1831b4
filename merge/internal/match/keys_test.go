package match

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowtest"
)

var keyTypes = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 10, Scale: 2}, &arrow.Decimal128Type{Precision: 38, Scale: 5},
	arrow.PrimitiveTypes.Date32, &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	arrow.BinaryTypes.String, arrow.BinaryTypes.Binary,
}

// randomKeys are rows of one to three key columns of any type, some a slice of more rows, some texts as dictionaries, and which columns are null safe.
func randomKeys(r *rand.Rand, types []arrow.DataType) arrow.RecordBatch {
	fields := make([]arrow.Field, len(types))
	for i, t := range types {
		fields[i] = arrow.Field{Name: string(rune('a' + i)), Type: t, Nullable: true}
	}
	rec := arrowtest.Batch(r, arrow.NewSchema(fields, nil), 1+r.Intn(30))
	if n := rec.NumRows(); r.Intn(2) == 0 && n > 2 {
		defer rec.Release()
		return rec.NewSlice(r.Int63n(n/2), n)
	}
	return rec
}

func randomTypes(r *rand.Rand) (types []arrow.DataType, nullSafe []bool) {
	for range 1 + r.Intn(3) {
		types, nullSafe = append(types, keyTypes[r.Intn(len(keyTypes))]), append(nullSafe, r.Intn(2) == 0)
	}
	return types, nullSafe
}

func keysOf(t interface {
	Helper()
	Fatal(...any)
	Context() context.Context
}, rec arrow.RecordBatch, nullSafe []bool,
) *Keys {
	t.Helper()
	k, err := NewKeys(t.Context(), rec, nullSafe)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// naive is a value as text, equal where = of Spark is true of it; "" for null.
func naive(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	var f float64
	switch a := a.(type) {
	case *array.Float32:
		f = float64(a.Value(i))
	case *array.Float64:
		f = a.Value(i)
	default:
		return "=" + arrowtest.Value(a, i)
	}
	switch {
	case math.IsNaN(f):
		return "=NaN"
	case f == 0:
		return "=0"
	}
	return "=" + arrowtest.Value(a, i)
}

// naiveRow are the values of a row; ok is false where it matches nothing.
func naiveRow(rec arrow.RecordBatch, i int, nullSafe []bool) (key string, ok bool) {
	for c, a := range rec.Columns() {
		v := naive(a, i)
		if v == "" && !nullSafe[c] {
			return "", false
		}
		key += v + "\x00;"
	}
	return key, true
}

func TestKeysAreEqualWhereTheirValuesAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		types, nullSafe := randomTypes(r)
		a, b := randomKeys(r, types), randomKeys(r, types)
		defer a.Release()
		defer b.Release()
		ka, kb := keysOf(t, a, nullSafe), keysOf(t, b, nullSafe)
		defer ka.Release()
		defer kb.Release()
		ha, hb := ka.Hash(nil), kb.Hash(nil)
		for i := range ha {
			x, okx := naiveRow(a, i, nullSafe)
			if okx != (ha[i] != 0) {
				t.Fatalf("row %d of %v %v: hash %d", i, a, nullSafe, ha[i])
			}
			for j := range hb {
				y, oky := naiveRow(b, j, nullSafe)
				if !okx || !oky {
					continue
				}
				if (x == y) != (ha[i] == hb[j] && ka.equal(i, kb, j)) {
					t.Fatalf("%q and %q: hashes %d and %d", x, y, ha[i], hb[j])
				}
				if x == y && !bytes.Equal(ka.Encode(nil, i), kb.Encode(nil, j)) || x != y && bytes.Equal(ka.Encode(nil, i), kb.Encode(nil, j)) {
					t.Fatalf("%q and %q: encoded %x and %x", x, y, ka.Encode(nil, i), kb.Encode(nil, j))
				}
			}
		}
	})
}

// What Encode says of the order holds for all but floats, whose bits are what equals, not what compares.
func TestEncodedKeysCompareAsTheirValues(t *testing.T) {
	numbers := []int64{math.MinInt64, -256, -1, 0, 1, 255, 256, math.MaxInt64}
	texts := []string{"", "\x00", "\x00\x00", "\x00a", "a", "a\x00", "a\x00b", "ab", "b", "\xff"}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.BinaryTypes.Binary}, {Name: "b", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer b.Release()
	for _, x := range texts {
		for _, n := range numbers {
			b.Field(0).(*array.BinaryBuilder).Append([]byte(x))
			b.Field(1).(*array.Int64Builder).Append(n)
		}
	}
	rec := b.NewRecordBatch()
	defer rec.Release()
	k := keysOf(t, rec, nil)
	defer k.Release()
	var all [][]byte
	for i := range k.Len() {
		all = append(all, k.Encode(nil, i))
	}
	if !slices.IsSortedFunc(all, bytes.Compare) {
		t.Fatalf("%x", all)
	}
}

func TestDictionariesAreKeysAsTheirValuesAre(t *testing.T) {
	plain := array.NewStringBuilder(memory.DefaultAllocator)
	defer plain.Release()
	plain.AppendStringValues([]string{"a", "b", "", "a"}, []bool{true, true, false, true})
	flat := plain.NewStringArray()
	defer flat.Release()
	d := array.NewBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer d.Release()
	for i := range flat.Len() {
		if flat.IsNull(i) {
			d.AppendNull()
		} else if err := d.AppendString(flat.Value(i)); err != nil {
			t.Fatal(err)
		}
	}
	dict := d.NewArray()
	defer dict.Release()
	k := keysOf(t, oneColumn(flat), nil)
	defer k.Release()
	l := keysOf(t, oneColumn(dict), nil)
	defer l.Release()
	if a, b := k.Hash(nil), l.Hash(nil); !slices.Equal(a, b) || a[2] != 0 {
		t.Fatal(a, b)
	}
}

func oneColumn(a arrow.Array) arrow.RecordBatch {
	return array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "a", Type: a.DataType(), Nullable: true}}, nil), []arrow.Array{a}, int64(a.Len()))
}

func TestRowsThatAConditionRefusesMatchNothing(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	rec := arrowtest.Batch(r, arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}}, nil), 3)
	defer rec.Release()
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues([]bool{true, false, true}, []bool{true, true, false})
	k := keysOf(t, rec, nil)
	k.Only(b.NewBooleanArray())
	defer k.Release()
	if h := k.Hash([]uint64{7}); h[0] != 7 || h[1] == 0 || h[2] != 0 || h[3] != 0 {
		t.Fatal(h)
	}
}

func TestRowsWithoutKeyColumnsHaveOneKey(t *testing.T) {
	rec := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 3)
	k := keysOf(t, rec, nil)
	defer k.Release()
	if h := k.Hash(nil); len(h) != 3 || h[0] == 0 || h[0] != h[2] || !k.equal(0, k, 2) {
		t.Fatal(h)
	}
}

func TestTypesThatCannotBeKeysAreRefused(t *testing.T) {
	for _, dt := range []arrow.DataType{arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64}), arrow.Null} {
		a := array.MakeArrayOfNull(memory.DefaultAllocator, dt, 2)
		defer a.Release()
		_, err := NewKeys(t.Context(), oneColumn(a), nil)
		if refused := (*KeyTypeError)(nil); !errors.As(err, &refused) || CanKey(dt) {
			t.Fatal(dt, err)
		}
	}
	for _, dt := range keyTypes {
		if !CanKey(dt) {
			t.Fatal(dt)
		}
	}
}

func TestKeysGiveTheirArraysBack(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	b := array.NewInt64Builder(mem)
	b.AppendValues([]int64{1, 2}, nil)
	a := b.NewInt64Array()
	b.Release()
	rec := oneColumn(a)
	a.Release()
	k := keysOf(t, rec, nil)
	x := NewIndex([]*Keys{k})
	rec.Release()
	if x.First(k.Hash(nil)[1], k, 1) != 1 {
		t.Fatal("not found")
	}
	x.Release()
}
