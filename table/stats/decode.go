package stats

import (
	"fmt"
	"math"

	"github.com/valyala/fastjson"

	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Decoder reads the statistics that other writers and we have put into the log.
// It may be used by many goroutines at a time.
type Decoder struct {
	columns []Column
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

// NewDecoder makes a decoder for tables of a schema, in physical names. With a want, only columns
// for which it is true are decoded, which is what makes looking at many files cheap.
func NewDecoder(s *schema.Struct, want func(path []string) bool) *Decoder {
	d := &Decoder{}
	leaves(s, nil, func(path []string, t schema.Type) bool {
		if want == nil || want(path) {
			d.columns = append(d.columns, Column{Path: path, Type: t, NullCount: -1})
		}
		return true
	})
	return d
}

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
	for _, c := range d.columns {
		if HasBounds(c.Type) {
			c.Min, c.Max = bound(lows.Get(c.Path...), c.Type), bound(highs.Get(c.Path...), c.Type)
		}
		c.NullCount = count(nulls.Get(c.Path...))
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
