package stats

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Encode gives the JSON of the statistics, for the stats field of an add action. Bounds are
// shortened and left out as the package comment says.
func (f *File) Encode() string {
	b := []byte("{")
	if f.NumRecords >= 0 {
		b = append(b, `"numRecords":`...)
		b = strconv.AppendInt(b, f.NumRecords, 10)
	}
	b = f.object(b, "minValues", func(dst []byte, c *Column) ([]byte, bool) { return appendBound(dst, c.Type, c.Min, false) })
	b = f.object(b, "maxValues", func(dst []byte, c *Column) ([]byte, bool) { return appendBound(dst, c.Type, c.Max, true) })
	b = f.object(b, "nullCount", func(dst []byte, c *Column) ([]byte, bool) {
		return strconv.AppendInt(dst, c.NullCount, 10), c.NullCount >= 0
	})
	if f.TightBounds != nil {
		b = append(comma(b), `"tightBounds":`...)
		b = strconv.AppendBool(b, *f.TightBounds)
	}
	return string(append(b, '}'))
}

// object appends one nested object with a value for each column that has one. Columns of one
// struct follow each other, so the path of the last one tells which objects to close and open.
func (f *File) object(b []byte, name string, value func([]byte, *Column) ([]byte, bool)) []byte {
	b = appendKey(comma(b), name)
	b = append(b, '{')
	var open []string
	for i := range f.Columns {
		c := &f.Columns[i]
		v, ok := value(nil, c)
		if !ok {
			continue
		}
		parents := c.Path[:len(c.Path)-1]
		same := 0
		for same < len(open) && same < len(parents) && open[same] == parents[same] {
			same++
		}
		for range open[same:] {
			b = append(b, '}')
		}
		for _, p := range parents[same:] {
			b = append(appendKey(comma(b), p), '{')
		}
		open = parents
		b = appendKey(comma(b), c.Path[len(c.Path)-1])
		b = append(b, v...)
	}
	for range open {
		b = append(b, '}')
	}
	return append(b, '}')
}

func comma(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

func appendKey(b []byte, name string) []byte {
	return append(appendString(b, name), ':')
}

func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		return append(b, `""`...)
	}
	return append(b, quoted...)
}

// appendBound appends a value, or says that it had better be left out.
func appendBound(b []byte, t schema.Type, v any, isMax bool) ([]byte, bool) {
	if v == nil || !HasBounds(t) {
		return b, false
	}
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return b, false
		}
		if isMax {
			return appendString(b, cutMax(v)), true
		}
		return appendString(b, cutMin(v)), true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return b, false
		}
		width := 64
		if t == schema.Float {
			width = 32
		}
		return append(b, scalar.FormatFloat(v, width)...), true
	case arrow.Date32:
		if !printable(int64(v)) {
			return b, false
		}
		return appendString(b, scalar.FormatDate(v)), true
	case arrow.Timestamp:
		return appendTimestamp(b, t, v)
	case int64, decimal128.Num:
		text, err := scalar.Format(t, v)
		return append(b, text...), err == nil
	}
	return b, false
}

const microsPerDay = 86_400_000_000

func appendTimestamp(b []byte, t schema.Type, v arrow.Timestamp) ([]byte, bool) {
	days := int64(v) / microsPerDay
	if !printable(days-1) || !printable(days+1) {
		return b, false
	}
	text := scalar.FormatTimestamp(v, "T", 3)
	if t == schema.Timestamp {
		text += "Z"
	}
	return appendString(b, text), true
}

// printable says that a day has a year of four digits, which all readers understand.
func printable(days int64) bool {
	const year1, year10000 = -719_162, 2_932_897
	return days >= year1 && days < year10000
}
