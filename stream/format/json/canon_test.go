package json_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// cell spells value i of arr as the integration tests do (see package jsontest).
func cell(arr arrow.Array, i int) string {
	if arr.IsNull(i) {
		return "null"
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return cell(a.Dictionary(), a.GetValueIndex(i))
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i))
	case *array.Float32:
		return float(float64(a.Value(i)))
	case *array.Float64:
		return float(a.Value(i))
	case *array.Decimal128:
		return a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.String:
		return quote(a.Value(i))
	case *array.Binary:
		return fmt.Sprintf("x'%x'", a.Value(i))
	case *array.Date32:
		return fmt.Sprintf("%dd", a.Value(i))
	case *array.Timestamp:
		if a.DataType().(*arrow.TimestampType).TimeZone != "" {
			return fmt.Sprintf("%dusZ", a.Value(i))
		}
		return fmt.Sprintf("%dus", a.Value(i))
	case *array.Struct:
		var parts []string
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			parts = append(parts, quote(f.Name)+":"+cell(a.Field(k), i))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case *array.Map:
		var parts []string
		from, to := a.ValueOffsets(i)
		for k := from; k < to; k++ {
			parts = append(parts, cell(a.Keys(), int(k))+":"+cell(a.Items(), int(k)))
		}
		slices.Sort(parts)
		return "map(" + strings.Join(parts, ",") + ")"
	case *array.List:
		var parts []string
		from, to := a.ValueOffsets(i)
		for k := from; k < to; k++ {
			parts = append(parts, cell(a.ListValues(), int(k)))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	return arr.ValueStr(i)
}

func float(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	// As Python's repr.
	if e := math.Abs(f); f != 0 && (e < 1e-4 || e >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func quote(s string) string {
	out := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	if strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
		var b strings.Builder
		for _, r := range out {
			if r < ' ' {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
		out = b.String()
	}
	return `"` + out + `"`
}

// row spells all of row i.
func row(batch arrow.RecordBatch, i int) []string {
	cells := make([]string, batch.NumCols())
	for k := range cells {
		cells[k] = cell(batch.Column(k), i)
	}
	return cells
}
