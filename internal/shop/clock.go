package shop

import "time"

// clock is a time that only advances, printed as RFC 3339 with microseconds in UTC.
type clock struct {
	second time.Time
	micros int64    // of the second
	text   [27]byte // as of second, with micros to be filled in
}

func newClock(start time.Time) clock {
	start = start.UTC()
	c := clock{second: start.Truncate(time.Second)}
	c.micros = start.Sub(c.second).Microseconds()
	c.print()
	return c
}

func (c *clock) print() {
	copy(c.text[:], c.second.Format("2006-01-02T15:04:05.000000Z"))
}

// append appends the time and then advances it by step microseconds, less than a second.
func (c *clock) append(dst []byte, step int64) []byte {
	m := c.micros
	for i := 25; i >= 20; i-- {
		c.text[i] = byte('0' + m%10)
		m /= 10
	}
	dst = append(dst, c.text[:]...)
	if c.micros += step; c.micros >= 1_000_000 {
		c.micros -= 1_000_000
		c.second = c.second.Add(time.Second)
		c.print()
	}
	return dst
}
