package json

import (
	"strconv"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/stream/format/internal/textval"
)

// dateNode reads DATE in every spelling that Spark takes without a format: [+-]yyyy[-[m]m[-[d]d]]
// with years of 4 to 7 digits, anything after a blank or a T ignored, and, as in its first
// versions, the number of days since 1970 in a string.
type dateNode struct {
	fixed[int32]
}

func (x *dateNode) read(s *scanner, p, i int) int {
	if p >= len(s.B) || s.B[p] != '"' && s.B[p] != '\'' {
		return s.Mismatch(p, "DATE")
	}
	t, q := s.Text(p)
	if q < 0 {
		return q
	}
	d, ok := parseDate(t)
	if !ok {
		return s.Fail(p, jsontext.KindType, "DATE", "another string")
	}
	x.col.Set(i, d)
	return q
}

func parseDate(t []byte) (int32, bool) {
	if d, ok := parseYMD(t); ok {
		return d, true
	}
	if cleaned, ok := withoutGMT(t); ok {
		return parseYMD(cleaned)
	}
	return parseDays(t)
}

// parseDays reads days since 1970. Before the Gregorian calendar began Spark would convert them from the
// Julian one; nobody can have meant that, and they are refused.
func parseDays(t []byte) (int32, bool) {
	n, err := strconv.ParseInt(string(t), 10, 32)
	return int32(n), err == nil && n >= -141427
}

func parseYMD(t []byte) (int32, bool) {
	t = trim(t)
	if len(t) == 0 {
		return 0, false
	}
	sign := 1
	if t[0] == '-' || t[0] == '+' {
		if t[0] == '-' {
			sign = -1
		}
		t = t[1:]
	}
	part := [3]int{1, 1, 1}
	i, value, digits := 0, 0, 0
	valid := func() bool { return i == 0 && digits >= 4 && digits <= 7 || i > 0 && digits > 0 && digits <= 2 }
	for _, c := range t {
		switch {
		case c == ' ' || c == 'T':
			if i < 2 { // only a whole date may have something after it
				return 0, false
			}
		case c == '-' && i < 2:
			if !valid() {
				return 0, false
			}
			part[i], value, digits = value, 0, 0
			i++
			continue
		case c-'0' <= 9:
			value = min(value*10+int(c-'0'), 1<<30)
			digits++
			continue
		default:
			return 0, false
		}
		break
	}
	if !valid() {
		return 0, false
	}
	part[i] = value
	d, ok := textval.Days(sign*part[0], part[1], part[2])
	return int32(d), ok && int(int32(d)) == d
}
