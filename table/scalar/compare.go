package scalar

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// Compare orders two values of one type, as statistics do: numbers by value with NaN above all, texts and binaries by their
// bytes, false before true. Values of different Go types do not compare: 0.
func Compare(a, b any) int {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			switch {
			case x != x || y != y:
				return -cmp.Compare(x, y) // cmp has NaN below all
			}
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case []byte:
		if y, ok := b.([]byte); ok {
			return bytes.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok && x != y {
			if x {
				return 1
			}
			return -1
		}
	case arrow.Date32:
		if y, ok := b.(arrow.Date32); ok {
			return cmp.Compare(x, y)
		}
	case arrow.Timestamp:
		if y, ok := b.(arrow.Timestamp); ok {
			return cmp.Compare(x, y)
		}
	case decimal128.Num:
		if y, ok := b.(decimal128.Num); ok {
			return x.Cmp(y)
		}
	}
	return 0
}
