package match

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// Keys are the values, column by column, by which rows are matched. They hold references to the arrays that they were made of.
type Keys struct {
	columns []column
	rows    int
	only    *array.Boolean // rows for which it is not true match nothing; nil: all may
}

// column is a key column in one of three layouts.
type column struct {
	ints     []int64 // whole numbers, days, microseconds, booleans; the bits of floats, of which equal ones are equal
	decimals []decimal128.Num
	offsets  []int32 // of texts and bytes
	bytes    []byte
	values   arrow.Array
	nullSafe bool // NULL is a value that equals itself, as <=> has it
}

// CanKey says whether values of a type can be keys: numbers, texts, bytes, booleans, dates and times.
func CanKey(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128,
		arrow.DATE32, arrow.TIMESTAMP, arrow.STRING, arrow.BINARY:
		return true
	}
	return false
}

// KeyTypeError is a column that cannot be a key.
type KeyTypeError struct{ Type arrow.DataType }

func (e *KeyTypeError) Error() string { return fmt.Sprintf("values of type %s cannot be keys", e.Type) }

// NewKeys takes the key columns of some rows; without any, all rows have the same key. nullSafe, where it is not nil, says of which columns NULL is a value. The columns of two Keys that
// are compared must have the same types. Release gives them back. Errors: *KeyTypeError.
func NewKeys(ctx context.Context, rec arrow.RecordBatch, nullSafe []bool) (*Keys, error) {
	k := &Keys{rows: int(rec.NumRows())}
	for i, a := range rec.Columns() {
		c, err := newColumn(ctx, a)
		if err != nil {
			k.Release()
			return nil, err
		}
		c.nullSafe = nullSafe != nil && nullSafe[i]
		k.columns = append(k.columns, c)
	}
	return k, nil
}

// Only has rows match nothing for which a condition on them alone is not true; nil is no condition. It takes the array over.
func (k *Keys) Only(is *array.Boolean) { k.only = is }

// Release gives the arrays back.
func (k *Keys) Release() {
	if k.only != nil {
		k.only.Release()
		k.only = nil
	}
	for _, c := range k.columns {
		c.values.Release()
	}
	k.columns = nil
}

// Len is the number of rows.
func (k *Keys) Len() int { return k.rows }

func newColumn(ctx context.Context, col arrow.Array) (column, error) {
	a, err := arrowrows.Plain(ctx, col)
	if err != nil {
		return column{}, err
	}
	c := column{values: a}
	switch a := a.(type) {
	case *array.Int64:
		c.ints = a.Int64Values()
	case *array.Timestamp:
		c.ints = arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.TimestampValues()))
	case *array.Int32:
		c.ints = widened(a.Int32Values())
	case *array.Date32:
		c.ints = widened(a.Date32Values())
	case *array.Int16:
		c.ints = widened(a.Int16Values())
	case *array.Int8:
		c.ints = widened(a.Int8Values())
	case *array.Boolean:
		c.ints = make([]int64, a.Len())
		for i := range c.ints {
			if a.Value(i) {
				c.ints[i] = 1
			}
		}
	case *array.Float64:
		c.ints = floats(a.Float64Values())
	case *array.Float32:
		c.ints = floats(a.Float32Values())
	case *array.Decimal128:
		c.decimals = a.Values()
	case *array.String:
		c.offsets, c.bytes = a.ValueOffsets(), a.ValueBytes()
	case *array.Binary:
		c.offsets, c.bytes = a.ValueOffsets(), a.ValueBytes()
	default:
		a.Release()
		return column{}, &KeyTypeError{a.DataType()}
	}
	return c, nil
}

func widened[T ~int8 | ~int16 | ~int32](values []T) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		out[i] = int64(v)
	}
	return out
}

// floats gives bits that are equal where Spark holds the values to be equal: NaN is one value, and so is zero.
func floats[T float32 | float64](values []T) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		f := float64(v)
		switch {
		case f != f:
			f = math.NaN()
		case f == 0:
			f = 0
		}
		out[i] = int64(math.Float64bits(f))
	}
	return out
}

// text is the value of row i of a column of texts or bytes.
func (c *column) text(i int) []byte {
	base := c.offsets[0]
	return c.bytes[c.offsets[i]-base : c.offsets[i+1]-base]
}

var seed = maphash.MakeSeed()

// Hash appends the hash of each row's key to out. Rows that match nothing, since a part of their key is NULL, have the hash 0, and no others.
func (k *Keys) Hash(out []uint64) []uint64 {
	from := len(out)
	for range k.rows {
		out = append(out, 0x9E3779B97F4A7C15)
	}
	hashes := out[from:]
	for _, c := range k.columns {
		c.mix(hashes)
	}
	for i, h := range hashes {
		if h == 0 {
			hashes[i] = 1
		}
	}
	if k.only != nil {
		for i := range hashes {
			if !k.only.Value(i) || k.only.IsNull(i) {
				hashes[i] = 0
			}
		}
	}
	for _, c := range k.columns {
		if c.values.NullN() == 0 || c.nullSafe {
			continue
		}
		for i := range hashes {
			if c.values.IsNull(i) {
				hashes[i] = 0
			}
		}
	}
	return out
}

// mix works the values of a column into the hashes of their rows.
func (c *column) mix(hashes []uint64) {
	switch {
	case c.ints != nil:
		for i, v := range c.ints {
			hashes[i] = mix(hashes[i], uint64(v))
		}
	case c.decimals != nil:
		for i, v := range c.decimals {
			hashes[i] = mix(mix(hashes[i], v.LowBits()), uint64(v.HighBits()))
		}
	case len(c.offsets) > 0:
		for i := range hashes {
			hashes[i] = mix(hashes[i], maphash.Bytes(seed, c.text(i)))
		}
	}
	if c.nullSafe && c.values.NullN() > 0 { // whatever lies under a null is not its value
		for i := range hashes {
			if c.values.IsNull(i) {
				hashes[i] = 0x2545F4914F6CDD1D
			}
		}
	}
}

func mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^v, 0xD6E8FEB86659FD93)
	return hi ^ lo ^ bits.RotateLeft64(h, 29)
}

// equal says whether row i of k and row j of o have the same key. Their hashes must be equal and not 0.
func (k *Keys) equal(i int, o *Keys, j int) bool {
	for n := range k.columns {
		if !k.columns[n].equal(i, &o.columns[n], j) {
			return false
		}
	}
	return true
}

func (c *column) equal(i int, o *column, j int) bool {
	if c.nullSafe {
		if null := c.values.IsNull(i); null || o.values.IsNull(j) {
			return null && o.values.IsNull(j)
		}
	}
	switch {
	case c.ints != nil:
		return c.ints[i] == o.ints[j]
	case c.decimals != nil:
		return c.decimals[i] == o.decimals[j]
	}
	return string(c.text(i)) == string(o.text(j))
}

// Column is key column i, the receiver's to look at until the keys are released.
func (k *Keys) Column(i int) arrow.Array { return k.columns[i].values }

// Encode appends the key of row i as bytes that are equal for equal keys of the same types, and comparable in the order of the columns.
func (k *Keys) Encode(to []byte, i int) []byte {
	for n := range k.columns {
		c := &k.columns[n]
		switch {
		case c.values.IsNull(i):
			to = append(to, 0)
		case c.ints != nil:
			to = binary.BigEndian.AppendUint64(append(to, 1), uint64(c.ints[i])^1<<63)
		case c.decimals != nil:
			to = binary.BigEndian.AppendUint64(append(to, 1), uint64(c.decimals[i].HighBits())^1<<63)
			to = binary.BigEndian.AppendUint64(to, c.decimals[i].LowBits())
		default:
			to = append(to, 1)
			for _, b := range c.text(i) {
				if to = append(to, b); b == 0 {
					to = append(to, 0xff)
				}
			}
			to = append(to, 0, 0)
		}
	}
	return to
}
