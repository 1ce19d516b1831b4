//go:build integration

package engines

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// everyType has a column for each type of the protocol, nested ones included.
const everyType = `bool BOOLEAN, tiny TINYINT, small SMALLINT, i INT NOT NULL, big BIGINT, f FLOAT, d DOUBLE,
	d5 DECIMAL(5,2), d9 DECIMAL(9,0), d18 DECIMAL(18,18), d19 DECIMAL(19,4), d38 DECIMAL(38,10), d1 DECIMAL(1,0), text STRING, must STRING NOT NULL,
	bytes BINARY, day DATE, instant TIMESTAMP, wall TIMESTAMP_NTZ,
	list ARRAY<INT>, s STRUCT<a: INT, b: STRING, c: STRUCT<x: DATE, y: STRUCT<z: DECIMAL(10,2)>>>, m MAP<STRING, DOUBLE>,
	deep ARRAY<STRUCT<k: STRING, v: MAP<INT, ARRAY<TIMESTAMP>>>>, mm MAP<STRING, STRUCT<l: ARRAY<ARRAY<BINARY>>>>`

// randomRows makes n rows: the first is null wherever it may be, those after it hold the edge values of each type in turn,
// then come edges, nulls and ordinary values in any order.
func randomRows(r *rand.Rand, s *arrow.Schema, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for i := range n {
		for c, f := range s.Fields() {
			g := filler{r, i - 1}
			if i == 0 && f.Nullable {
				b.Field(c).AppendNull()
				continue
			}
			g.field(b.Field(c), f)
		}
	}
	return b.NewRecordBatch()
}

type filler struct {
	*rand.Rand
	turn int // which edge value is due
}

func (g filler) field(b array.Builder, f arrow.Field) {
	if f.Nullable && g.turn > 20 && g.IntN(5) == 0 {
		b.AppendNull()
		return
	}
	g.value(b, f.Type)
}

func (g filler) value(b array.Builder, dt arrow.DataType) {
	inner := filler{g.Rand, g.IntN(60)}
	switch b := b.(type) {
	case *array.StructBuilder:
		b.Append(true)
		for i, f := range dt.(*arrow.StructType).Fields() {
			inner.field(b.FieldBuilder(i), f)
		}
	case *array.MapBuilder:
		b.Append(true)
		n := g.IntN(4)
		for i := range n { // keys must differ
			switch k := b.KeyBuilder().(type) {
			case *array.StringBuilder:
				k.Append([]string{"", "a", "é😀", "z"}[i])
			case *array.Int32Builder:
				k.Append(int32(i - 1))
			}
			inner.turn++
			inner.field(b.ItemBuilder(), dt.(*arrow.MapType).ItemField())
		}
	case *array.ListBuilder:
		b.Append(true)
		for range g.IntN(4) {
			inner.turn = g.IntN(60)
			inner.field(b.ValueBuilder(), dt.(*arrow.ListType).ElemField())
		}
	default:
		g.flat(b, dt)
	}
}

// edge picks the edge that is due, or now and then any.
func edge[T any](g filler, edges []T, ordinary func() T) T {
	if g.turn >= 0 && g.turn < len(edges) {
		return edges[g.turn]
	}
	if g.IntN(3) == 0 {
		return edges[g.IntN(len(edges))]
	}
	return ordinary()
}

func (g filler) flat(b array.Builder, dt arrow.DataType) {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(g.turn%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(g.integer(8)))
	case *array.Int16Builder:
		b.Append(int16(g.integer(16)))
	case *array.Int32Builder:
		b.Append(int32(g.integer(32)))
	case *array.Int64Builder:
		b.Append(g.integer(64))
	case *array.Float32Builder:
		b.Append(float32(edge(g, []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, math.SmallestNonzeroFloat32, -math.MaxFloat32, 0.1}, g.ordinaryFloat)))
	case *array.Float64Builder:
		b.Append(edge(g, []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, -math.MaxFloat64, 0.1, 1e16}, g.ordinaryFloat))
	case *array.StringBuilder:
		b.Append(edge(g, texts, func() string { return fmt.Sprintf("w%d", g.IntN(1000)) }))
	case *array.BinaryBuilder:
		b.Append([]byte(edge(g, []string{"", "\x00", "\xff\xfe\x00", strings.Repeat("\xff", 40)}, func() string { return fmt.Sprint(g.Uint64()) })))
	case *array.Date32Builder:
		b.Append(arrow.Date32(edge(g, []int64{-719162, 2932896, -141427, -141428, 0, -1, 19782}, func() int64 { return g.Int64N(40000) - 20000 })))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(edge(g, instants, func() int64 { return g.Int64N(1 << 51) })))
	case *array.Decimal128Builder:
		b.Append(g.decimal(dt.(*arrow.Decimal128Type).Precision))
	default:
		panic(fmt.Sprintf("no values of %s", dt))
	}
}

// texts are strings that are easily got wrong, in statistics too: prefixes of 32 characters whose last one is the last
// of a plane, or takes two units of UTF-16.
var texts = []string{"", " ", "null", "a\x00b", "\x00", `"q"`, `it's`, `back\slash`, "line\nbreak\ttab", "é", "日本語", "😀", "😀😀", "\U0010FFFF", "\uffff", "\ufffd", "\u007f",
	strings.Repeat("x", 31) + "😀tail", strings.Repeat("x", 32) + "y", strings.Repeat("\U0010FFFF", 40), strings.Repeat("\uffff", 33), strings.Repeat("😀", 33), strings.Repeat("z", 100), strings.Repeat("x", 31) + "\ud7ff\ue000", "%20", "a/b", "CON"}

var instants = []int64{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC).UnixMicro(),
	-1, 0, 1, -999, -1000, -1001, 999, 1000, 1001, 1_700_000_000_123_999, 1_700_000_000_123_001, time.Date(1582, 10, 4, 12, 0, 0, 0, time.UTC).UnixMicro()}

func (g filler) integer(bits uint) int64 {
	top := int64(1)<<(bits-1) - 1
	return edge(g, []int64{top, -top - 1, 0, -1, 1}, func() int64 { return g.Int64N(200) - 100 })
}

func (g filler) ordinaryFloat() float64 { return float64(g.IntN(20000)-10000) / 64 }

func (g filler) decimal(precision int32) decimal128.Num {
	top := decimal128.GetMaxValue(precision)
	return edge(g, []decimal128.Num{top, top.Negate(), decimal128.FromI64(0), decimal128.FromI64(1), decimal128.FromI64(-1)},
		func() decimal128.Num { return decimal128.FromI64(g.Int64N(19) - 9) })
}
