package parts

import (
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// everyType has a column for each type of the Delta protocol, nested ones included.
func everyType() *arrow.Schema {
	str, i32, f64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64
	field := func(name string, ty arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: ty, Nullable: true}
	}
	inner := arrow.StructOf(field("k", str), field("v", arrow.MapOf(str, arrow.ListOf(i32))))
	return arrow.NewSchema([]arrow.Field{
		field("bool", arrow.FixedWidthTypes.Boolean),
		field("tiny", arrow.PrimitiveTypes.Int8),
		field("small", arrow.PrimitiveTypes.Int16),
		field("int", i32),
		field("big", arrow.PrimitiveTypes.Int64),
		field("float", arrow.PrimitiveTypes.Float32),
		field("double", f64),
		field("price", &arrow.Decimal128Type{Precision: 10, Scale: 2}),
		field("wide", &arrow.Decimal128Type{Precision: 38, Scale: 18}),
		field("text", str),
		field("bytes", arrow.BinaryTypes.Binary),
		field("day", arrow.FixedWidthTypes.Date32),
		field("instant", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}),
		field("wall", &arrow.TimestampType{Unit: arrow.Microsecond}),
		field("list", arrow.ListOf(i32)),
		field("struct", arrow.StructOf(field("a", i32), field("b", str))),
		field("map", arrow.MapOf(str, f64)),
		field("deep", arrow.ListOf(inner)),
	}, nil)
}

// everyRow holds the values that are easily got wrong, as JSON.
var everyRow = []string{
	`{}`,
	`{"bool":true,"tiny":-128,"small":32767,"int":-2147483648,"big":9223372036854775807,"float":0.1,"double":0.1,
	  "price":"12.30","wide":"-0.000000000000000001","text":"a\"b\\c\nd é 😀","bytes":"AP8=","day":"1582-10-15",
	  "instant":"2024-02-29T23:59:59.123456Z","wall":"1969-12-31 23:59:59.999999","list":[1,null,3],
	  "struct":{"a":null,"b":""},"map":[{"key":"z","value":-1.5},{"key":"a","value":null}],
	  "deep":[{"k":"q","v":[{"key":"p","value":[1,2]}]},null]}`,
	`{"bool":false,"double":1e300,"price":"-99999999.99","wide":"12345678901234567890.000000000000000000","text":"null",
	  "bytes":"","day":"9999-12-31","instant":"0001-01-01T00:00:00Z","list":[],"struct":{},"map":[],"deep":[]}`,
}

// everyBatch holds everyRow, and rows of doubles that JSON cannot spell.
func everyBatch(t testing.TB) arrow.RecordBatch {
	t.Helper()
	schema := everyType()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	for _, row := range everyRow {
		if err := builder.UnmarshalJSON([]byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e16, 1e15, 1e-5, 1e-4, 5e-324} {
		for i, field := range builder.Fields() {
			switch schema.Field(i).Name {
			case "double":
				field.(*array.Float64Builder).Append(f)
			case "float":
				field.(*array.Float32Builder).Append(float32(f))
			default:
				field.AppendNull()
			}
		}
	}
	return builder.NewRecordBatch()
}

func TestCanonSpellsEveryType(t *testing.T) {
	batch := everyBatch(t)
	defer batch.Release()
	rows := Canon(batch.Schema(), batch)
	want := `true | -128 | 32767 | -2147483648 | 9223372036854775807 | 0.10000000149011612 | 0.1 | 12.30 | ` +
		`-0.000000000000000001 | "a\"b\\c\u000ad é 😀" | x'00ff' | -141427d | 1709251199123456usZ | -1us | [1,null,3] | ` +
		`{"a":null,"b":""} | map("a":null,"z":-1.5) | [{"k":"q","v":map("p":[1,2])},null]`
	if got := strings.Join(rows.Rows[len(rows.Rows)-1], " | "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got, want := rows.Types[len(rows.Types)-1], "array<struct<k:string,v:map<string,array<int>>>>"; got != want {
		t.Errorf("type %s, want %s", got, want)
	}
	var doubles []string
	for _, row := range rows.Project("double").Rows {
		doubles = append(doubles, row[0])
	}
	if got, want := strings.Join(doubles, " "), "-0.0 -Infinity 0.0001 0.1 1000000000000000.0 1e+16 1e+300 1e-05 5e-324 Infinity NaN null"; got != want {
		t.Errorf("doubles %s, want %s", got, want)
	}
}

func TestCanonOfASliceIsThatOfItsRows(t *testing.T) {
	batch := everyBatch(t)
	defer batch.Release()
	var parts []arrow.RecordBatch
	for i := range batch.NumRows() {
		parts = append(parts, batch.NewSlice(i, i+1))
	}
	SameRows(t, "sliced", Canon(batch.Schema(), batch), Canon(batch.Schema(), parts...))
}

func TestCanonSpellsAVoidColumn(t *testing.T) {
	s := arrow.NewSchema([]arrow.Field{{Name: "nothing", Type: arrow.Null, Nullable: true}}, nil)
	rows := Canon(s, array.NewRecordBatch(s, []arrow.Array{array.NewNull(2)}, 2))
	SameRows(t, "void", Rows{Columns: []string{"nothing"}, Types: []string{"void"}, Rows: [][]string{{"null"}, {"null"}}}, rows)
}
