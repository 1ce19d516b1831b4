package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/valyala/fastjson"

	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Decoder reads the statistics that other writers and we have put into the log.
// It may be used by many goroutines at a time.
type Decoder struct {
	columns []Column
	keys    [][]string // the paths of columns in the text
	floats  []bool     // that the column may have been a float when the text was written
	parsers fastjson.ParserPool
}

// DecodeError says that a text is no statistics.
type DecodeError struct {
	Text string
	Err  error
}

func (e *DecodeError) Error() string {
	text := e.Text
	if len(text) > 100 {
		text = text[:100] + "..."
	}
	return fmt.Sprintf("statistics %q: %v", text, e.Err)
}

// Unwrap gives the reason.
func (e *DecodeError) Unwrap() error { return e.Err }

// NewDecoder makes a decoder for tables of a schema, whose names are those of the text. With a want, only
// columns for which it is true are decoded, which is what makes looking at many files cheap.
func NewDecoder(s *schema.Struct, want func(path []string) bool) *Decoder {
	return NewMappedDecoder(s, schema.MappingNone, want)
}

// NewMappedDecoder is NewDecoder for tables with column mapping: the text has physical names; want and the
// paths of what is decoded have logical ones.
func NewMappedDecoder(s *schema.Struct, m schema.Mapping, want func(path []string) bool) *Decoder {
	d := &Decoder{}
	leaves(s, nil, func(path []string, t schema.Type) bool {
		if want == nil || want(path) {
			d.columns = append(d.columns, Column{Path: path, Type: t, NullCount: -1})
			key, ok := s.PhysicalPath(m, path...)
			if !ok {
				key = path
			}
			d.keys = append(d.keys, key)
			d.floats = append(d.floats, t == schema.Double && wasFloat(s, path))
		}
		return true
	})
	return d
}

// wasFloat tells whether the type of a field was widened from float ("Type Change Metadata").
func wasFloat(s *schema.Struct, path []string) bool {
	f := s.Field(path[0])
	if f == nil {
		return false
	}
	if inner, ok := f.Type.(*schema.Struct); ok && len(path) > 1 {
		return wasFloat(inner, path[1:])
	}
	var changes []typeChange
	if json.Unmarshal(f.Metadata[keyTypeChanges], &changes) != nil {
		return false
	}
	return slices.ContainsFunc(changes, func(c typeChange) bool { return string(c.From) == `"float"` })
}

// typeChange is an entry of delta.typeChanges.
type typeChange struct {
	From json.RawMessage `json:"fromType"`
}

const keyTypeChanges = "delta.typeChanges"

// Decode reads statistics. What is missing is not known; a bound that is no value of its column's
// type (the type was changed, or the writer had its own idea) is not known either. Bounds are as
// written: strings may be cut and timestamps lack what is finer than a millisecond.
// Errors: *DecodeError where the text is no JSON object.
func (d *Decoder) Decode(text string) (*File, error) {
	p := d.parsers.Get()
	defer d.parsers.Put(p)
	root, err := p.Parse(text)
	if err != nil {
		return nil, &DecodeError{Text: text, Err: err}
	}
	if root.Type() != fastjson.TypeObject {
		return nil, &DecodeError{Text: text, Err: fmt.Errorf("an object is expected, not a %s", root.Type())}
	}
	f := &File{NumRecords: count(root.Get("numRecords"))}
	if v := root.Get("tightBounds"); v != nil && (v.Type() == fastjson.TypeTrue || v.Type() == fastjson.TypeFalse) {
		tight := v.Type() == fastjson.TypeTrue
		f.TightBounds = &tight
	}
	lows, highs, nulls := root.Get("minValues"), root.Get("maxValues"), root.Get("nullCount")
	for i, c := range d.columns {
		if HasBounds(c.Type) {
			c.Min, c.Max = bound(lows.Get(d.keys[i]...), c.Type), bound(highs.Get(d.keys[i]...), c.Type)
		}
		if d.floats[i] {
			c.Min, c.Max = floatMin(c.Min), floatMax(c.Max)
		}
		c.NullCount = count(nulls.Get(d.keys[i]...))
		if c.Min != nil || c.Max != nil || c.NullCount >= 0 {
			f.Columns = append(f.Columns, c)
		}
	}
	return f, nil
}

// count is a number of rows, or -1.
func count(v *fastjson.Value) int64 {
	if v == nil || v.Type() != fastjson.TypeNumber {
		return -1
	}
	n, err := v.Int64()
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// bound reads one value: numbers as JSON numbers or strings, all else as strings.
func bound(v *fastjson.Value, t schema.Type) any {
	if v == nil {
		return nil
	}
	var text string
	switch v.Type() {
	case fastjson.TypeString:
		text = string(v.GetStringBytes())
	case fastjson.TypeNumber:
		if t == schema.String || t == schema.Date || t == schema.Timestamp || t == schema.TimestampNTZ {
			return nil
		}
		text = string(v.MarshalTo(nil))
	default:
		return nil
	}
	if text == "" && t != schema.String {
		return nil
	}
	value, err := scalar.Parse(t, text)
	if err != nil {
		return nil
	}
	if f, ok := value.(float64); ok && math.IsNaN(f) {
		return nil
	}
	return value
}

// floatMin and floatMax are bounds of a double column that were perhaps written when it was a float: the text of a
// float, such as 0.1, is another number as a double than the float itself is.
func floatMin(v any) any {
	if f, ok := v.(float64); ok {
		return min(f, float64(float32(f)))
	}
	return v
}

func floatMax(v any) any {
	if f, ok := v.(float64); ok {
		return max(f, float64(float32(f)))
	}
	return v
}
