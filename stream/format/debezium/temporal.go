package debezium

import (
	"math"
	"strconv"

	"github.com/ingestd/ingestd/stream/format/internal/textval"
)

// The infinities of PostgreSQL, as Debezium documents them for timestamps that are numbers. They are kept as so many microseconds, which are
// in the years 294247 and -290308, whatever the unit, and also where they come as texts.
const (
	infinity         = 9223372036825200000
	negativeInfinity = -9223372036832400000
)

// problem says in one line, without the value, why a value was not taken; empty: it was.
type problem = string

const (
	tooFine    problem = "nanoseconds that no microsecond keeps"
	outOfRange problem = "out of range of the column's type"
)

// millisToMicros, and the two that follow, give microseconds since 1970.
func millisToMicros(v int64) (int64, problem) {
	if v == infinity || v == negativeInfinity {
		return v, ""
	}
	if v > infinity/1000 || v < negativeInfinity/1000 {
		return 0, outOfRange
	}
	return v * 1000, ""
}

// infiniteDay gives the lowest or the highest day for what Debezium sends for the infinities of PostgreSQL's dates. Those are other days in
// a snapshot (292278994-08-16 and 292269055-12-02, as a number what of them 32 bits hold) than in the stream
// (-5877611-06-21 and -5877611-06-22), and none of them is a date of PostgreSQL's.
func infiniteDay(d int64) int64 {
	switch d {
	case 106751991166, -622191234, -2147472692:
		return math.MaxInt32
	case 106748361128, -625821272, -2147472691:
		return math.MinInt32
	}
	return d
}

// microsToMicros refuses what is beyond the infinities: PostgreSQL's timestamps go further than 64 bits of microseconds, and Debezium
// lets them wrap.
func microsToMicros(v int64) (int64, problem) {
	if v > infinity || v < negativeInfinity {
		return 0, outOfRange
	}
	return v, ""
}

// nanosToMicros takes the lowest and the highest number for the infinities, as Debezium sends them.
func nanosToMicros(v int64) (int64, problem) {
	switch v {
	case math.MaxInt64:
		return infinity, ""
	case math.MinInt64:
		return negativeInfinity, ""
	}
	if v%1000 != 0 {
		return 0, tooFine
	}
	return v / 1000, ""
}

// clock reads text of ISO 8601 from its beginning on.
type clock struct {
	t  []byte
	ok bool
}

// digits reads from least to most digits.
func (c *clock) digits(least, most int) (v int64) {
	n := 0
	for n < len(c.t) && n < most && c.t[n]-'0' <= 9 {
		v = v*10 + int64(c.t[n]-'0')
		n++
	}
	c.ok = c.ok && n >= least
	c.t = c.t[n:]
	return v
}

// take reads a character where it comes next.
func (c *clock) take(b byte) bool {
	if len(c.t) == 0 || c.t[0] != b {
		return false
	}
	c.t = c.t[1:]
	return true
}

func (c *clock) expect(b byte) { c.ok = c.take(b) && c.ok }

// date reads [+-]yyyy-MM-dd, with years of four digits, or of up to nine after a sign, and gives the days since 1970.
func (c *clock) date() int64 {
	most, sign := 4, 1
	switch {
	case c.take('-'):
		most, sign = 9, -1
	case c.take('+'):
		most = 9
	}
	year := int(c.digits(4, most))
	c.expect('-')
	month := int(c.digits(2, 2))
	c.expect('-')
	day := int(c.digits(2, 2))
	d, ok := textval.Days(sign*year, month, day)
	c.ok = c.ok && ok
	return int64(d)
}

// fraction reads a point and up to nine digits, where there is one, and gives nanoseconds.
func (c *clock) fraction() (nanos int64) {
	if !c.take('.') {
		return 0
	}
	before := len(c.t)
	nanos = c.digits(1, 9)
	for i := before - len(c.t); i < 9; i++ {
		nanos *= 10
	}
	return nanos
}

// offset reads Z or [+-]hh[:mm[:ss]], and gives seconds.
func (c *clock) offset() int64 {
	if c.take('Z') {
		return 0
	}
	sign := int64(1)
	if c.take('-') {
		sign = -1
	} else {
		c.expect('+')
	}
	secs := c.digits(2, 2) * 3600
	for unit := int64(60); unit > 0 && len(c.t) > 0; unit /= 60 {
		c.expect(':')
		secs += c.digits(2, 2) * unit
	}
	return sign * secs
}

func (c *clock) end() bool { return c.ok && len(c.t) == 0 }

// isoDate reads a date, with or without an offset behind it, which dates do not have but Debezium writes.
func isoDate(t []byte) (int64, problem) {
	c := clock{t, true}
	d := c.date()
	if len(c.t) > 0 {
		c.offset()
	}
	if !c.end() {
		return 0, "no date of ISO 8601"
	}
	if d = infiniteDay(d); int64(int32(d)) != d {
		return 0, outOfRange
	}
	return d, ""
}

// zonedTimestamp gives the microseconds since 1970 of a timestamp with an offset, in UTC.
func zonedTimestamp(t []byte) (int64, problem) { return timestamp(t, false) }

// isoTimestamp gives those of the wall clock; Debezium writes Z behind it, which means nothing.
func isoTimestamp(t []byte) (int64, problem) { return timestamp(t, true) }

func timestamp(t []byte, wall bool) (int64, problem) {
	switch string(t) {
	case "infinity":
		return infinity, ""
	case "-infinity":
		return negativeInfinity, ""
	}
	c := clock{t, true}
	secs := c.date() * 86400
	c.expect('T')
	h := c.digits(2, 2)
	c.expect(':')
	m := c.digits(2, 2)
	s := int64(0)
	if c.take(':') {
		s = c.digits(2, 2)
	}
	nanos := c.fraction()
	if !wall || len(c.t) > 0 {
		off := c.offset()
		if wall && off != 0 {
			return 0, "a timestamp without zone that has one"
		}
		secs -= off
	}
	if !c.end() || h > 23 || m > 59 || s > 59 {
		return 0, "no timestamp of ISO 8601"
	}
	secs += h*3600 + m*60 + s
	if nanos%1000 != 0 {
		return 0, tooFine
	}
	if secs > math.MaxInt64/1_000_000-1 || secs < math.MinInt64/1_000_000+1 {
		return 0, outOfRange
	}
	return secs*1_000_000 + nanos/1000, ""
}

// isoTime gives the nanoseconds of a time of ISO 8601, which Debezium writes with a Z that means nothing. MySQL has times of more than
// a day and before its beginning.
func isoTime(t []byte) (int64, problem) {
	c := clock{t, true}
	sign := int64(1)
	if c.take('-') {
		sign = -1
	}
	h := c.digits(2, 4)
	c.expect(':')
	m := c.digits(2, 2)
	s := int64(0)
	if c.take(':') {
		s = c.digits(2, 2)
	}
	nanos := c.fraction()
	if len(c.t) > 0 && c.offset() != 0 {
		return 0, "a time without zone that has one"
	}
	if !c.end() || m > 59 || s > 59 {
		return 0, "no time of ISO 8601"
	}
	return sign * ((h*3600+m*60+s)*1_000_000_000 + nanos), ""
}

// appendTime writes a time of day as HH:mm:ss.ffffff, six digits always so that texts order as times do, or nine where
// it is finer than microseconds.
func appendTime(out []byte, nanos int64) []byte {
	u := uint64(nanos)
	if nanos < 0 {
		out = append(out, '-')
		u = -u
	}
	two := func(v uint64) {
		if v < 10 {
			out = append(out, '0')
		}
		out = strconv.AppendUint(out, v, 10)
	}
	secs := u / 1_000_000_000
	two(secs / 3600)
	out = append(out, ':')
	two(secs / 60 % 60)
	out = append(out, ':')
	two(secs % 60)
	out = append(out, '.')
	frac, digits := u%1_000_000_000, 9
	if frac%1000 == 0 {
		frac, digits = frac/1000, 6
	}
	at := len(out)
	for range digits {
		out = append(out, '0')
	}
	for i := at + digits - 1; i >= at; i-- {
		out[i] = byte('0' + frac%10)
		frac /= 10
	}
	return out
}
