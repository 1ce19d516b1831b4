package output

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"
)

// flushAt is how many bytes of lines are gathered before they are written.
const flushAt = 64 << 10

func jsonRows(w io.Writer, columns []string, rows iter.Seq2[Row, error]) (err error) {
	names := make([][]byte, len(columns))
	for i, c := range distinct(columns) {
		names[i] = append(appendString(nil, c), ':')
	}
	var buf []byte
	defer func() {
		if _, werr := w.Write(buf); err == nil && len(buf) > 0 {
			err = werr
		}
	}()
	for row, err := range rows {
		if err != nil {
			return err
		}
		buf = append(buf, '{')
		for i, v := range row {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = append(buf, names[i]...)
			if buf, err = appendJSON(buf, v); err != nil {
				return fmt.Errorf("print column %s as JSON: %w", columns[i], err)
			}
		}
		if buf = append(buf, "}\n"...); len(buf) >= flushAt {
			_, err := w.Write(buf)
			if buf = buf[:0]; err != nil {
				return err
			}
		}
	}
	return nil
}

// distinct gives columns of the same name names of their own, as DuckDB does (a, a_1): many readers of JSON keep the
// last of several members only.
func distinct(columns []string) []string {
	seen := make(map[string]bool, len(columns))
	for _, c := range columns {
		seen[c] = true
	}
	if len(seen) == len(columns) {
		return columns
	}
	out, taken := make([]string, len(columns)), map[string]bool{}
	for i, c := range columns {
		out[i] = c
		for n := 1; taken[out[i]] || n > 1 && seen[out[i]]; n++ {
			out[i] = c + "_" + strconv.Itoa(n)
		}
		taken[out[i]] = true
	}
	return out
}

// appendJSON appends a value. NaN and the infinities become strings, as in Spark; bytes become base64.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case string:
		return appendString(dst, x), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case float64:
		return appendFloat(dst, x, 64), nil
	case float32:
		return appendFloat(dst, float64(x), 32), nil
	case json.Number:
		return append(dst, x...), nil
	case []byte:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), x)
		return append(dst, '"'), nil
	case []any:
		return appendList(dst, x)
	case Object:
		return appendObject(dst, x)
	}
	b, err := marshal(v)
	return append(dst, b...), err
}

func appendList(dst []byte, list []any) (_ []byte, err error) {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendJSON(dst, v); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, o Object) (_ []byte, err error) {
	dst = append(dst, '{')
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, m.Name), ':')
		if dst, err = appendJSON(dst, m.Value); err != nil {
			return dst, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return append(dst, '}'), nil
}

// appendFloat writes numbers as encoding/json does.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendString(dst, floatText(f, bits))
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

const hexDigits = "0123456789abcdef"

// appendString quotes s. What is not UTF-8 becomes U+FFFD; U+2028 and U+2029 stay as they are, as RFC 8259 allows.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
