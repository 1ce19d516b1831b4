package output

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object that keeps the order of its members.
type Object []Member

// Member is a name and its value.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) { return appendObject(nil, o) }

// marshal is json.Marshal without the escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Text is a value for people: null is "null", bytes are hex, a map of texts is "a=1, b=2", other nested values are JSON.
func Text(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case []byte:
		return "0x" + hex.EncodeToString(x)
	case float64:
		return floatText(x, 64)
	case float32:
		return floatText(float64(x), 32)
	case map[string]string:
		return pairs(x)
	case []any, Object, []string, json.RawMessage:
		b, err := appendJSON(nil, v)
		if err != nil {
			return err.Error()
		}
		return string(b)
	default:
		return fmt.Sprint(v)
	}
}

// pairs prints a map of texts as "a=1, b=2", in the order of the keys.
func pairs(m map[string]string) string {
	var b strings.Builder
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k + "=" + m[k])
	}
	return b.String()
}

func floatText(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return strconv.FormatFloat(f, 'f', 1, bits)
	case math.Abs(f) >= 1e-4 && math.Abs(f) < 1e15:
		return strconv.FormatFloat(f, 'f', -1, bits)
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, int8, int16, int32, int64, uint64, float32, float64, json.Number:
		return true
	}
	return false
}
