package debezium

import (
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/internal/arrowbuf"
)

// column holds the values of one column, or of a part of one, slot by slot (package arrowbuf). Those that follow take values of one
// kind of Kafka Connect, as every way to write events gives them, and convert them; a problem leaves the slot unwritten.
type column interface {
	null(i int)
	truncate(i int)
	finish(n int) arrow.ArrayData
	drop()
}

type (
	intColumn interface {
		column
		setInt(i int, v int64) problem
	}
	textColumn interface {
		column
		setText(i int, v []byte) problem
	}
	bytesColumn interface {
		column
		setBytes(i int, v []byte) problem
	}
	// scaledColumn takes unscaled / 10^scale.
	scaledColumn interface {
		column
		setScaled(i int, unscaled []byte, scale int) problem
	}
)

// fixed is what columns of values of one width share.
type fixed[T arrowbuf.Value] struct {
	col arrowbuf.Fixed[T]
	dt  arrow.DataType
}

func (f *fixed[T]) null(i int)                   { f.col.SetNull(i) }
func (f *fixed[T]) truncate(i int)               { f.col.Truncate(i) }
func (f *fixed[T]) finish(n int) arrow.ArrayData { return f.col.Finish(f.dt, n) }
func (f *fixed[T]) drop()                        { f.col.Drop() }

// ints is TINYINT to BIGINT, and DATE as days.
type ints[T int8 | int16 | int32 | int64] struct{ fixed[T] }

func (c *ints[T]) setInt(i int, v int64) problem {
	t := T(v)
	if int64(t) != v {
		return outOfRange
	}
	c.col.Set(i, t)
	return ""
}

// days is DATE from days since 1970.
type days struct{ ints[int32] }

func (c *days) setInt(i int, v int64) problem { return c.ints.setInt(i, infiniteDay(v)) }

// dates is DATE from texts.
type dates struct{ fixed[int32] }

func (c *dates) setText(i int, v []byte) problem {
	d, p := isoDate(v)
	if p == "" {
		c.col.Set(i, int32(d))
	}
	return p
}

// timestamps is TIMESTAMP and TIMESTAMP_NTZ from numbers, or BIGINT from times.
type timestamps struct {
	fixed[int64]
	micros func(int64) (int64, problem)
}

func (c *timestamps) setInt(i int, v int64) problem {
	us, p := c.micros(v)
	if p == "" {
		c.col.Set(i, us)
	}
	return p
}

// timestampTexts is the same from texts.
type timestampTexts struct {
	fixed[int64]
	micros func([]byte) (int64, problem)
}

func (c *timestampTexts) setText(i int, v []byte) problem {
	us, p := c.micros(v)
	if p == "" {
		c.col.Set(i, us)
	}
	return p
}

// times is a time of day as STRING, from a number of units.
type times struct {
	texts
	unit int64 // nanoseconds
	buf  []byte
}

func (c *times) setInt(i int, v int64) problem {
	if v > maxTime/c.unit || v < -maxTime/c.unit {
		return outOfRange
	}
	c.buf = appendTime(c.buf[:0], v*c.unit)
	return c.texts.setText(i, c.buf)
}

// maxTime is how many nanoseconds a time may have: MySQL's go to 838 hours.
const maxTime = 1000 * 3600 * 1_000_000_000

// isoTimes is the same from texts of ISO 8601.
type isoTimes struct{ times }

func (c *isoTimes) setText(i int, v []byte) problem {
	nanos, why := isoTime(v)
	if why != "" {
		return why
	}
	return c.setInt(i, nanos)
}

// decimals is DECIMAL.
type decimals struct {
	fixed[decimal128.Num]
	decimalType
	sent int // scale of setBytes
}

func (c *decimals) set(i int, n decimal128.Num, p problem) problem {
	if p == "" {
		c.col.Set(i, n)
	}
	return p
}

func (c *decimals) setBytes(i int, v []byte) problem { return c.setScaled(i, v, c.sent) }

func (c *decimals) setScaled(i int, unscaled []byte, scale int) problem {
	n, p := c.fromBytes(unscaled, scale)
	return c.set(i, n, p)
}

func (c *decimals) setText(i int, v []byte) problem {
	n, p := c.fromText(v)
	return c.set(i, n, p)
}

// decimalTexts is a decimal as STRING.
type decimalTexts struct {
	texts
	sent int
	buf  []byte
}

func (c *decimalTexts) setBytes(i int, v []byte) problem { return c.setScaled(i, v, c.sent) }

func (c *decimalTexts) setScaled(i int, unscaled []byte, scale int) (p problem) {
	if c.buf, p = appendDecimal(c.buf[:0], unscaled, scale); p != "" {
		return p
	}
	return c.texts.setText(i, c.buf)
}

// setText takes a number, and writes it as its bytes would be: with as many decimals as the schema says.
func (c *decimalTexts) setText(i int, v []byte) problem {
	n, scale, why := parts(v)
	if why != "" {
		return why
	}
	if by := c.sent - scale; by > 0 && c.sent <= maxScale {
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(by)), nil))
		scale = c.sent
	}
	c.buf = appendBig(c.buf[:0], n, scale)
	return c.texts.setText(i, c.buf)
}

// texts is STRING; at the top level dictionary-encoded where that pays.
type texts struct {
	dict *arrowbuf.Strings
	col  arrowbuf.Bytes // where dict is nil
}

func (c *texts) setText(i int, v []byte) problem {
	if c.dict != nil {
		c.dict.Set(i, v)
	} else {
		c.col.Set(i, v)
	}
	return ""
}

func (c *texts) null(i int) {
	if c.dict != nil {
		c.dict.SetNull(i)
	} else {
		c.col.SetNull(i)
	}
}

func (c *texts) truncate(i int) {
	if c.dict != nil {
		c.dict.Truncate(i)
	} else {
		c.col.Truncate(i)
	}
}

func (c *texts) finish(n int) arrow.ArrayData {
	if c.dict != nil {
		return c.dict.Finish(n)
	}
	return c.col.Finish(arrow.BinaryTypes.String, n)
}

func (c *texts) drop() {
	if c.dict != nil {
		c.dict.Drop()
	} else {
		c.col.Drop()
	}
}

// binaries is BINARY, from bytes or from texts that hold them.
type binaries struct {
	col    arrowbuf.Bytes
	decode func(out, text []byte) ([]byte, error) // of texts
	buf    []byte
}

func (c *binaries) setBytes(i int, v []byte) problem {
	c.col.Set(i, v)
	return ""
}

func (c *binaries) setText(i int, v []byte) problem {
	out, err := c.decode(c.buf[:0], v)
	if err != nil {
		return "no bytes in the encoding that binary_handling says"
	}
	c.buf = out
	c.col.Set(i, out)
	return ""
}

func (c *binaries) null(i int)                   { c.col.SetNull(i) }
func (c *binaries) truncate(i int)               { c.col.Truncate(i) }
func (c *binaries) finish(n int) arrow.ArrayData { return c.col.Finish(arrow.BinaryTypes.Binary, n) }
func (c *binaries) drop()                        { c.col.Drop() }

// bools is BOOLEAN.
type bools struct{ col arrowbuf.Bools }

func (c *bools) null(i int)                   { c.col.SetNull(i) }
func (c *bools) truncate(i int)               { c.col.Truncate(i) }
func (c *bools) finish(n int) arrow.ArrayData { return c.col.Finish(n) }
func (c *bools) drop()                        { c.col.Drop() }
