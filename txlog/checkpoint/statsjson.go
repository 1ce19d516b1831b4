package checkpoint

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// statsReader reads the statistics that are columns (add.stats_parsed) and spells them as the JSON
// that add.stats would hold ("Per-file Statistics").
type statsReader struct {
	g    *group
	root *statsNode
}

type statsNode struct {
	name     string
	leaf     *cursor
	children []*statsNode
}

// newStatsReader is nil where there are no such columns, or where they are not needed because the
// row group has the statistics as JSON.
func newStatsReader(g *group) *statsReader {
	c := find(g.root, "add", "stats_parsed")
	if c == nil || c.Leaf() {
		return nil
	}
	if text := find(g.root, "add", "stats"); text != nil && text.Leaf() && hasValues(text, g.rg) {
		return nil
	}
	return &statsReader{g, g.statsNode(c)}
}

func (g *group) statsNode(c *parquet.Column) *statsNode {
	if c.Leaf() {
		if c.MaxRepetitionLevel() > 0 {
			return nil
		}
		return &statsNode{name: c.Name(), leaf: g.open(c)}
	}
	n := &statsNode{name: c.Name()}
	for _, child := range c.Columns() {
		if s := g.statsNode(child); s != nil {
			n.children = append(n.children, s)
		}
	}
	return n
}

// read consumes the columns of the row, and spells them if want is set. Nil for none.
func (r *statsReader) read(want bool) *string {
	if r == nil {
		return nil
	}
	b, found := r.g.appendStats(nil, r.root, want)
	if !found || !want || r.g.err != nil {
		return nil
	}
	s := string(b)
	return &s
}

// appendStats appends the object of n. Values that are null are left out, and so are objects of
// nothing else; found says whether there was one that is not.
func (g *group) appendStats(dst []byte, n *statsNode, want bool) (_ []byte, found bool) {
	dst = append(dst, '{')
	for _, c := range n.children {
		mark := len(dst)
		if want {
			if found {
				dst = append(dst, ',')
			}
			dst = append(jsonenc.AppendString(dst, c.name), ':')
		}
		var has bool
		if c.leaf == nil {
			dst, has = g.appendStats(dst, c, want)
		} else if v, ok := g.next(c.leaf); ok && want {
			dst, has = appendValue(dst, c.leaf.column.Type(), v)
		}
		if !has || !want {
			dst = dst[:mark]
		}
		found = found || has
	}
	return append(dst, '}'), found
}

// appendValue spells a value as it stands in statistics; false for one that has no place there.
func appendValue(dst []byte, t parquet.Type, v parquet.Value) ([]byte, bool) {
	var logical format.LogicalTypeValue
	if lt := t.LogicalType(); lt != nil {
		logical = lt.Value
	}
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(dst, v.Boolean()), true
	case parquet.Int32:
		return appendInteger(dst, logical, int64(v.Int32())), true
	case parquet.Int64:
		return appendInteger(dst, logical, v.Int64()), true
	case parquet.Int96:
		return jsonenc.AppendString(dst, spell(int96Time(v.Int96()), true)), true
	case parquet.Float:
		return appendFloat(dst, float64(v.Float()), 32), true
	case parquet.Double:
		return appendFloat(dst, v.Double(), 64), true
	case parquet.FixedLenByteArray, parquet.ByteArray:
		switch l := logical.(type) {
		case *format.DecimalType:
			return appendDecimal(dst, twosComplement(v.ByteArray()), l.Scale), true
		case *format.StringType:
			return jsonenc.AppendString(dst, string(v.ByteArray())), true
		}
	}
	return dst, false
}

func appendInteger(dst []byte, logical format.LogicalTypeValue, v int64) []byte {
	switch l := logical.(type) {
	case *format.DecimalType:
		return appendDecimal(dst, big.NewInt(v), l.Scale)
	case *format.DateType:
		return jsonenc.AppendString(dst, time.Unix(v*86400, 0).UTC().Format("2006-01-02"))
	case *format.TimestampType:
		return appendTimestamp(dst, l, v)
	}
	return strconv.AppendInt(dst, v, 10)
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return jsonenc.AppendString(dst, strings.NewReplacer("+Inf", "Infinity", "-Inf", "-Infinity").Replace(strconv.FormatFloat(f, 'g', -1, bits)))
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func appendDecimal(dst []byte, unscaled *big.Int, scale int32) []byte {
	s := unscaled.String()
	if scale <= 0 {
		return append(dst, s...)
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if pad := int(scale) + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	at := len(s) - int(scale)
	return append(dst, sign+s[:at]+"."+s[at:]...)
}

// twosComplement is the big-endian signed number of Parquet decimals.
func twosComplement(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	return n
}

func appendTimestamp(dst []byte, t *format.TimestampType, v int64) []byte {
	at := time.UnixMicro(v)
	switch t.Unit.Value.(type) {
	case *format.MilliSeconds:
		at = time.UnixMilli(v)
	case *format.NanoSeconds:
		at = time.Unix(0, v)
	}
	return jsonenc.AppendString(dst, spell(at, t.IsAdjustedToUTC))
}

// spell gives milliseconds, as Spark does, but more where more is known.
func spell(t time.Time, utc bool) string {
	layout := "2006-01-02T15:04:05.000"
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		layout = "2006-01-02T15:04:05.000000"
	}
	if utc {
		layout += "Z"
	}
	return t.UTC().Format(layout)
}

// int96Time is the instant of the legacy timestamp: nanoseconds of the day, then the Julian day.
func int96Time(v [3]uint32) time.Time {
	var b [8]byte
	binary.LittleEndian.PutUint32(b[:4], v[0])
	binary.LittleEndian.PutUint32(b[4:], v[1])
	const julianOfEpoch = 2440588
	return time.Unix((int64(v[2])-julianOfEpoch)*86400, int64(binary.LittleEndian.Uint64(b[:])))
}
