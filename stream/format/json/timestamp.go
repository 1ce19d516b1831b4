package json

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/stream/format/internal/textval"
)

// timestampNode reads TIMESTAMP in every spelling that Spark takes without a format, and numbers
// as seconds since 1970; and TIMESTAMP_NTZ, which has no numbers and no zones.
type timestampNode struct {
	fixed[int64]
	zone *time.Location // of timestamps that name none
	ntz  bool
	utc  bool // zone is UTC

	// The last date that was read fast: events come in order of time.
	known bool   // there is one
	date0 uint64 // "2006-01-"
	date8 uint16 // "02"
	day   int64  // its first microsecond
}

func (x *timestampNode) ddl() string {
	if x.ntz {
		return "TIMESTAMP_NTZ"
	}
	return "TIMESTAMP"
}

func (x *timestampNode) read(s *scanner, p, i int) int {
	if v, q, ok := x.fast(s.B, p); ok {
		x.col.Set(i, v)
		return q
	}
	b := s.B
	switch {
	case p < len(b) && (b[p] == '"' || b[p] == '\''):
		t, q := s.Text(p)
		if q < 0 {
			return q
		}
		v, ok := x.parse(t)
		if !ok {
			return s.Fail(p, jsontext.KindType, x.ddl(), "another string")
		}
		x.col.Set(i, v)
		return q
	case !x.ntz && p < len(b) && (b[p] == '-' || b[p]-'0' <= 9):
		return x.seconds(s, p, i)
	}
	return s.Mismatch(p, x.ddl())
}

func (x *timestampNode) seconds(s *scanner, p, i int) int {
	n, q := s.Number(p)
	if q < 0 {
		return q
	}
	if !n.Integer {
		return s.Fail(p, jsontext.KindType, "TIMESTAMP", "a number with fraction or exponent")
	}
	v, ok := n.Int64()
	if !ok || v > math.MaxInt64/textval.MicrosPerSecond || v < math.MinInt64/textval.MicrosPerSecond {
		return s.Fail(p, jsontext.KindRange, "TIMESTAMP", "a number of seconds")
	}
	x.col.Set(i, v*textval.MicrosPerSecond)
	return q
}

// fast reads "2006-01-02T15:04:05Z" with a blank for the T if need be, and with a fraction of up to
// six digits; the Z may be left out where the zone is UTC, and must be for TIMESTAMP_NTZ.
// Where ok is false the slow path decides.
func (x *timestampNode) fast(b []byte, p int) (v int64, q int, ok bool) {
	if len(b)-p < 30 || b[p] != '"' {
		return 0, 0, false
	}
	r := b[p+1 : p+30]
	date0, date8 := binary.LittleEndian.Uint64(r), binary.LittleEndian.Uint16(r[8:])
	if date0 != x.date0 || date8 != x.date8 || !x.known {
		if x.known = x.newDate(r[:10]); !x.known {
			return 0, 0, false
		}
		x.date0, x.date8 = date0, date8
	}
	if r[10] != 'T' && r[10] != ' ' {
		return 0, 0, false
	}
	secs, ok := clock(binary.LittleEndian.Uint64(r[11:]))
	if !ok {
		return 0, 0, false
	}
	v = x.day + secs*textval.MicrosPerSecond
	at := 19
	if r[19] == '.' {
		unit := int64(100_000)
		for at = 20; at < 26 && r[at]-'0' <= 9; at++ {
			v += int64(r[at]-'0') * unit
			unit /= 10
		}
	}
	if r[at] == 'Z' && !x.ntz {
		at++
	} else if !x.ntz && !x.utc {
		return 0, 0, false
	}
	return v, p + at + 2, r[at] == '"'
}

// newDate computes the day of a date yyyy-MM-dd.
func (x *timestampNode) newDate(r []byte) bool {
	var n [10]int
	for i, c := range r {
		if (i == 4 || i == 7) != (c == '-') || c != '-' && c-'0' > 9 {
			return false
		}
		n[i] = int(c - '0')
	}
	d, ok := textval.Days(n[0]*1000+n[1]*100+n[2]*10+n[3], n[5]*10+n[6], n[8]*10+n[9])
	x.day = int64(d) * textval.MicrosPerDay
	return ok
}

// highs is the high bit of each byte of a word.
const highs = 0x8080808080808080

// clock gives the seconds of "15:04:05" as eight bytes, the first the lowest.
func clock(w uint64) (secs int64, ok bool) {
	w ^= 0x30303A30303A3030 // digits become their values, colons 0
	if (w|(w+0x76767F76767F7676))&highs != 0 {
		return 0, false
	}
	h := w&0xff*10 + w>>8&0xff
	m := w>>24&0xff*10 + w>>32&0xff
	s := w>>48&0xff*10 + w>>56
	return int64(h*3600 + m*60 + s), h < 24 && m < 60 && s < 60
}

func (x *timestampNode) parse(t []byte) (int64, bool) {
	if v, ok := x.parseSpark(t); ok || x.ntz {
		return v, ok
	}
	if cleaned, ok := withoutGMT(t); ok {
		return x.parseSpark(cleaned)
	}
	return 0, false
}

func (x *timestampNode) parseSpark(t []byte) (int64, bool) {
	f, ok := parseFields(trim(t))
	if !ok || x.ntz && f.zone != "" {
		return 0, false
	}
	d, ok := textval.Days(f.n[0], f.n[1], f.n[2])
	if !ok || f.n[3] > 23 || f.n[4] > 59 || f.n[5] > 59 {
		return 0, false
	}
	secs := int64(d)*86400 + int64(f.n[3]*3600+f.n[4]*60+f.n[5])
	if !x.ntz {
		if secs, ok = x.instant(secs, f.zone); !ok {
			return 0, false
		}
	}
	return micros(secs, int64(f.n[6]))
}

// micros gives secs seconds and us microseconds; ok is false where that does not fit.
func micros(secs, us int64) (_ int64, ok bool) {
	if secs < 0 && us > 0 { // from above, since the seconds alone may not fit
		secs++
		us -= textval.MicrosPerSecond
	}
	v := secs * textval.MicrosPerSecond
	if v/textval.MicrosPerSecond != secs || v < 0 && us < 0 && v < math.MinInt64-us || v > 0 && us > 0 && v > math.MaxInt64-us {
		return 0, false
	}
	return v + us, true
}

// fields are the parts of a timestamp: year, month, day, hour, minute, second, microsecond.
type fields struct {
	n    [7]int
	zone string
}

// parseFields reads [+-]yyyy[-[m]m[-[d]d[(T| )[h]h[:[m]m[:[s]s[.[fraction]][zone]]]]]], years of 4 to 6
// digits. Spark also takes a time alone, as one of today; here it is refused, since the
// same record must mean the same when it is read again tomorrow.
func parseFields(t []byte) (f fields, ok bool) {
	f.n = [7]int{1, 1, 1}
	neg := len(t) > 0 && t[0] == '-'
	if neg || len(t) > 0 && t[0] == '+' {
		t = t[1:]
	}
	for i := 0; ; i++ {
		if i == 6 {
			t = f.fraction(t)
			f.zone = string(trim(t))
			break
		}
		n := 0
		for n < len(t) && t[n]-'0' <= 9 {
			n++
		}
		if i == 0 && (n < 4 || n > 6) || i > 0 && (n < 1 || n > 2) {
			return f, false
		}
		f.n[i] = 0
		for _, c := range t[:n] {
			f.n[i] = f.n[i]*10 + int(c-'0')
		}
		if t = t[n:]; len(t) == 0 {
			break
		}
		if i == 5 { // fraction, zone, or both
			if t[0] == '.' {
				t = t[1:]
				continue
			}
			f.zone = string(trim(t))
			break
		}
		if c := t[0]; !(i < 2 && c == '-' || i == 2 && (c == 'T' || c == ' ') || i > 2 && c == ':') {
			return f, false
		}
		t = t[1:]
		if len(t) == 0 {
			return f, false
		}
	}
	if neg {
		f.n[0] = -f.n[0]
	}
	return f, true
}

// fraction reads digits of a second, microseconds at most, and gives what follows.
func (f *fields) fraction(t []byte) []byte {
	n := 0
	for n < len(t) && t[n]-'0' <= 9 {
		if n < 6 {
			f.n[6] = f.n[6]*10 + int(t[n]-'0')
		}
		n++
	}
	for i := n; i < 6; i++ {
		f.n[6] *= 10
	}
	return t[n:]
}
