package parts

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Canon gives the canonical form of the rows of batches, which all have this schema; there may be none. It is the twin
// of py/canon.py. It panics on an Arrow type that no Delta table has.
func Canon(schema *arrow.Schema, batches ...arrow.RecordBatch) Rows {
	rows := Rows{Rows: [][]string{}}
	for _, field := range schema.Fields() {
		rows.Columns = append(rows.Columns, field.Name)
		rows.Types = append(rows.Types, typeName(field.Type))
	}
	for _, batch := range batches {
		for i := range int(batch.NumRows()) {
			row := make([]string, batch.NumCols())
			for c := range row {
				row[c] = cell(batch.Column(c), i)
			}
			rows.Rows = append(rows.Rows, row)
		}
	}
	slices.SortFunc(rows.Rows, slices.Compare[[]string])
	return rows
}

func cell(values arrow.Array, i int) string {
	if _, void := values.(*array.Null); void || values.IsNull(i) {
		return "null"
	}
	switch a := values.(type) {
	case *array.Struct:
		return structCell(a, i)
	case *array.Map: // before the list that it also is
		return mapCell(a, i)
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		items := make([]string, 0, to-from)
		for at := from; at < to; at++ {
			items = append(items, cell(a.ListValues(), int(at)))
		}
		return "[" + strings.Join(items, ",") + "]"
	case *array.Dictionary:
		return cell(a.Dictionary(), a.GetValueIndex(i))
	case array.ExtensionArray:
		return cell(a.Storage(), i)
	default:
		return flatCell(values, i)
	}
}

func structCell(a *array.Struct, i int) string {
	fields := a.DataType().(*arrow.StructType).Fields()
	items := make([]string, len(fields))
	for f, field := range fields {
		items[f] = quote(field.Name) + ":" + cell(a.Field(f), i)
	}
	return "{" + strings.Join(items, ",") + "}"
}

func mapCell(a *array.Map, i int) string {
	from, to := a.ValueOffsets(i)
	var entries [][2]string
	for at := int(from); at < int(to); at++ {
		entries = append(entries, [2]string{cell(a.Keys(), at), cell(a.Items(), at)})
	}
	slices.SortFunc(entries, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	items := make([]string, len(entries))
	for e, entry := range entries {
		items[e] = entry[0] + ":" + entry[1]
	}
	return "map(" + strings.Join(items, ",") + ")"
}

func flatCell(values arrow.Array, i int) string {
	switch a := values.(type) {
	case *array.Float32:
		return floating(float64(a.Value(i)))
	case *array.Float64:
		return floating(a.Value(i))
	case *array.Decimal128:
		return a.Value(i).ToString(a.DataType().(arrow.DecimalType).GetScale())
	case *array.Decimal256:
		return a.Value(i).ToString(a.DataType().(arrow.DecimalType).GetScale())
	case *array.Date32:
		return fmt.Sprintf("%dd", a.Value(i))
	case *array.Timestamp:
		return timestamp(a.DataType().(*arrow.TimestampType), int64(a.Value(i)))
	case array.StringLike:
		return quote(a.Value(i))
	case interface{ Value(int) []byte }:
		return "x'" + hex.EncodeToString(a.Value(i)) + "'"
	case *array.Boolean, *array.Int8, *array.Int16, *array.Int32, *array.Int64,
		*array.Uint8, *array.Uint16, *array.Uint32, *array.Uint64:
		return values.ValueStr(i)
	default:
		panic(fmt.Sprintf("parts: no canonical form for Arrow type %s", values.DataType()))
	}
}

func timestamp(ty *arrow.TimestampType, value int64) string {
	switch ty.Unit {
	case arrow.Second:
		value *= 1_000_000
	case arrow.Millisecond:
		value *= 1_000
	case arrow.Nanosecond:
		value /= 1_000
	case arrow.Microsecond:
	}
	if ty.TimeZone == "" {
		return fmt.Sprintf("%dus", value)
	}
	return fmt.Sprintf("%dusZ", value)
}

// floating spells a double as Python's repr does: the fewest digits that read back as the same value, with an exponent
// below 1e-4 and from 1e16 on.
func floating(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func quote(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
