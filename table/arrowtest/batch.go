package arrowtest

import (
	"fmt"
	"math"
	"math/rand"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Batch fills a schema with n random rows: nulls where they are allowed (none, few, or all of a
// column), edge values (extremes, NaN, infinities, empty and long strings) among ordinary ones.
func Batch(r *rand.Rand, s *arrow.Schema, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for i, f := range s.Fields() {
		fill(r, b.Field(i), f.Type, f.Nullable, n)
	}
	return b.NewRecordBatch()
}

// Array is a column of n random values of a type.
func Array(r *rand.Rand, dt arrow.DataType, nullable bool, n int) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	fill(r, b, dt, nullable, n)
	return b.NewArray()
}

func fill(r *rand.Rand, b array.Builder, dt arrow.DataType, nullable bool, n int) {
	nullShare := []float64{0, 0.1, 0.5, 1}[r.Intn(4)]
	if !nullable {
		nullShare = 0
	}
	distinct := []int{1, 3, 1 << 20}[r.Intn(3)] // how often values repeat
	for range n {
		if nullShare > 0 && r.Float64() < nullShare {
			b.AppendNull()
			continue
		}
		appendValue(r, b, dt, distinct)
	}
}

func appendValue(r *rand.Rand, b array.Builder, dt arrow.DataType, distinct int) {
	pick := r.Intn(distinct)
	v := rand.New(rand.NewSource(int64(pick)))
	if distinct > 10 {
		v = r
	}
	switch b := b.(type) {
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range dt.(*arrow.StructType).Fields() {
			fill(r, b.FieldBuilder(i), f.Type, f.Nullable, 1)
		}
	case *array.MapBuilder:
		b.Append(true)
		mt := dt.(*arrow.MapType)
		n := r.Intn(4)
		fill(r, b.KeyBuilder(), mt.KeyType(), false, n)
		fill(r, b.ItemBuilder(), mt.ItemType(), mt.ItemField().Nullable, n)
	case *array.ListBuilder:
		b.Append(true)
		e := dt.(*arrow.ListType).ElemField()
		fill(r, b.ValueBuilder(), e.Type, e.Nullable, r.Intn(4))
	default:
		appendFlat(v, b, dt)
	}
}

func appendFlat(r *rand.Rand, b array.Builder, dt arrow.DataType) {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(text(r))
	case *array.BinaryBuilder:
		raw := make([]byte, r.Intn(20))
		r.Read(raw)
		b.Append(raw)
	case *array.Int64Builder:
		b.Append(integer(r, 64))
	case *array.Int32Builder:
		b.Append(int32(integer(r, 32)))
	case *array.Int16Builder:
		b.Append(int16(integer(r, 16)))
	case *array.Int8Builder:
		b.Append(int8(integer(r, 8)))
	case *array.Float32Builder:
		b.Append(float32(float(r)))
	case *array.Float64Builder:
		b.Append(float(r))
	case *array.BooleanBuilder:
		b.Append(r.Intn(2) == 0)
	case *array.Date32Builder:
		b.Append(arrow.Date32(r.Intn(6_000_000) - 1_000_000))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(r.Int63n(1<<58) - 1<<57))
	case *array.Decimal128Builder:
		b.Append(decimal(r, dt.(*arrow.Decimal128Type).Precision))
	default:
		panic(fmt.Sprintf("arrowtest: no values for %s", dt))
	}
}

func text(r *rand.Rand) string {
	words := []string{"", "a", "shop", "é", "日本", "\U0001F600", "\x00", "\U0010FFFF", "quote\"", "/%20%f", "\uFFFF"}
	s := ""
	for range r.Intn(4) {
		s += words[r.Intn(len(words))]
	}
	if r.Intn(8) == 0 {
		for range 40 {
			s += words[1+r.Intn(len(words)-1)]
		}
	}
	if r.Intn(2) == 0 {
		s += fmt.Sprint(r.Intn(1000))
	}
	return s
}

func integer(r *rand.Rand, bits uint) int64 {
	top := int64(1)<<(bits-1) - 1
	switch r.Intn(6) {
	case 0:
		return top
	case 1:
		return -top - 1
	case 2:
		return int64(r.Uint64()) >> (64 - bits)
	default:
		return int64(r.Intn(100) - 50)
	}
}

func float(r *rand.Rand) float64 {
	edges := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}
	if r.Intn(5) == 0 {
		return edges[r.Intn(len(edges))]
	}
	return float64(r.Intn(100000)) / 100
}

func decimal(r *rand.Rand, precision int32) decimal128.Num {
	n := decimal128.New(int64(r.Uint64())>>1, r.Uint64())
	for !n.FitsInPrecision(precision) {
		n, _ = n.Div(decimal128.FromI64(1 + int64(r.Intn(1000))))
	}
	return n
}
