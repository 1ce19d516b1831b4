package json_test

import (
	"encoding/base64"
	stdjson "encoding/json"
	"fmt"
	"math"
	"math/rand"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/txlog/schema"
)

// renderer writes values as JSON in one of the many ways in which they can be written.
type renderer struct {
	r     *rand.Rand
	twice bool // a map had a key twice
}

func (w *renderer) space() string {
	return [...]string{"", "", "", " ", "\n\t"}[w.r.Intn(5)]
}

func (w *renderer) object(names []string, values []string) string {
	var members []string
	for i, name := range names {
		if values[i] == "null" && w.r.Intn(2) == 0 {
			continue // absent is null
		}
		if w.r.Intn(20) == 0 { // twice is as good as once
			members = append(members, w.text(name)+":"+values[i])
		}
		members = append(members, w.text(name)+w.space()+":"+w.space()+values[i]+w.space())
		if w.r.Intn(20) == 0 {
			members = append(members, `"unknown`+strconv.Itoa(i)+`": [1, {"x":"}]"}, null, "\\\"", -1.5e-3]`)
		}
	}
	if w.r.Intn(8) == 0 && !w.hasTwice(members) {
		w.r.Shuffle(len(members), func(a, b int) { members[a], members[b] = members[b], members[a] })
	}
	return "{" + w.space() + strings.Join(members, ","+w.space()) + "}" + w.space()
}

func (w *renderer) hasTwice(members []string) bool {
	seen := map[string]bool{}
	for _, m := range members {
		var name string
		if err := stdjson.NewDecoder(strings.NewReader(m)).Decode(&name); err != nil || seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// text writes a string, some of its characters as escapes that need not be.
func (w *renderer) text(s string) string {
	plain, err := stdjson.Marshal(s)
	if err != nil {
		panic(err)
	}
	if w.r.Intn(4) > 0 {
		return string(plain)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		if c < 0x10000 {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			c -= 0x10000
			fmt.Fprintf(&b, `\u%04X\u%04X`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		}
	}
	return b.String() + `"`
}

func (w *renderer) float(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return [...]string{"NaN", `"NaN"`}[w.r.Intn(2)]
	case math.IsInf(f, 1):
		return [...]string{"Infinity", `"+INF"`, "+Infinity"}[w.r.Intn(3)]
	case math.IsInf(f, -1):
		return [...]string{"-Infinity", `"-INF"`}[w.r.Intn(2)]
	case f == 0 && math.Signbit(f):
		return "-0.0"
	}
	return strconv.FormatFloat(f, "efg"[w.r.Intn(3)], -1, bits)
}

func (w *renderer) date(t time.Time) string {
	year := fmt.Sprintf("%04d", t.Year())
	if t.Year() < 0 {
		year = fmt.Sprintf("-%04d", -t.Year())
	}
	return year + t.Format("-01-02")
}

func (w *renderer) timestamp(v int64, zoned bool) string {
	t := time.UnixMicro(v).UTC()
	zone := ""
	if zoned {
		zone = [...]string{"Z", "", "+00:00", " UTC"}[w.r.Intn(4)]
		if w.r.Intn(4) == 0 {
			t, zone = t.In(time.FixedZone("", 5*3600+1800)), "+05:30"
		}
	}
	return w.text(w.date(t) + [...]string{"T", " "}[w.r.Intn(2)] + t.Format("15:04:05.000000") + zone)
}

// value writes value i of arr.
func (w *renderer) value(arr arrow.Array, i int) string {
	if arr.IsNull(i) {
		return "null"
	}
	switch a := arr.(type) {
	case *array.Float32:
		return w.float(float64(a.Value(i)), 32)
	case *array.Float64:
		return w.float(a.Value(i), 64)
	case *array.String:
		return w.text(a.Value(i))
	case *array.Binary:
		return w.text(base64.StdEncoding.EncodeToString(a.Value(i)))
	case *array.Date32:
		return w.text(w.date(a.Value(i).ToTime()))
	case *array.Timestamp:
		return w.timestamp(int64(a.Value(i)), a.DataType().(*arrow.TimestampType).TimeZone != "")
	case *array.Decimal128:
		text := a.Value(i).ToString(a.DataType().(*arrow.Decimal128Type).Scale)
		return [...]string{text, w.text(text), text + "e0"}[w.r.Intn(3)]
	case *array.Struct:
		var names, values []string
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			names, values = append(names, f.Name), append(values, w.value(a.Field(k), i))
		}
		return w.object(names, values)
	case *array.Map:
		var members []string
		seen := map[string]bool{}
		from, to := a.ValueOffsets(i)
		for k := int(from); k < int(to); k++ {
			key := a.Keys().(*array.String).Value(k)
			w.twice = w.twice || seen[key]
			seen[key] = true
			members = append(members, w.text(key)+":"+w.space()+w.value(a.Items(), k))
		}
		return "{" + w.space() + strings.Join(members, ",") + "}"
	case *array.List:
		var members []string
		from, to := a.ValueOffsets(i)
		for k := int(from); k < int(to); k++ {
			members = append(members, w.value(a.ListValues(), k)+w.space())
		}
		return "[" + w.space() + strings.Join(members, ","+w.space()) + "]"
	}
	return arr.ValueStr(i)
}

// row writes row i as a record.
func (w *renderer) row(batch arrow.RecordBatch, i int) []byte {
	w.twice = false
	var names, values []string
	for k, c := range batch.Columns() {
		names, values = append(names, batch.ColumnName(k)), append(values, w.value(c, i))
	}
	return []byte(w.space() + w.object(names, values))
}

// stringKeys makes all maps of a type have string keys, as JSON has them.
func stringKeys(t schema.Type) schema.Type {
	switch t := t.(type) {
	case *schema.Map:
		return &schema.Map{Key: schema.String, Value: stringKeys(t.Value), ValueContainsNull: t.ValueContainsNull}
	case *schema.Array:
		return &schema.Array{Element: stringKeys(t.Element), ContainsNull: t.ContainsNull}
	case *schema.Struct:
		s := &schema.Struct{}
		for _, f := range t.Fields {
			f.Type = stringKeys(f.Type)
			s.Fields = append(s.Fields, f)
		}
		return s
	}
	return t
}
