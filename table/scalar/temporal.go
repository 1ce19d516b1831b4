package scalar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

var (
	errDate = errors.New("a date like 2006-01-02 is expected")
	errTime = errors.New("a timestamp like 2006-01-02 15:04:05.123456 or 2006-01-02T15:04:05.123456Z is expected")
)

func parseDate(text string) (any, error) {
	days, rest, ok := cutDate(text)
	if !ok || rest != "" {
		return nil, errDate
	}
	if days != int64(int32(days)) {
		return nil, errRange
	}
	return arrow.Date32(days), nil
}

// cutDate reads [+-]year-month-day at the start of a text: days since 1970-01-01 of the proleptic
// Gregorian calendar, with a year 0, as Spark and Java count.
func cutDate(text string) (days int64, rest string, ok bool) {
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	var year, month, day int
	if year, text, ok = cutNumber(text, 4, 7); !ok {
		return 0, "", false
	}
	if month, text, ok = cutNumber(strings.TrimPrefix(text, "-"), 1, 2); !ok {
		return 0, "", false
	}
	if day, text, ok = cutNumber(strings.TrimPrefix(text, "-"), 1, 2); !ok {
		return 0, "", false
	}
	if negative {
		year = -year
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Day() != day || int(at.Month()) != month {
		return 0, "", false
	}
	return floorDiv(at.Unix(), 86_400), text, true
}

// cutNumber reads atLeast to atMost digits.
func cutNumber(text string, atLeast, atMost int) (n int, rest string, ok bool) {
	i := 0
	for i < len(text) && i < atMost && text[i] >= '0' && text[i] <= '9' {
		n = n*10 + int(text[i]-'0')
		i++
	}
	return n, text[i:], i >= atLeast
}

func parseTimestamp(text string) (any, error) {
	days, rest, ok := cutDate(text)
	if !ok {
		return nil, errTime
	}
	var ofDay int64
	if rest != "" {
		if ofDay, ok = timeOfDay(rest); !ok {
			return nil, errTime
		}
	}
	if days > 106_751_990 || days < -106_751_990 {
		return nil, errRange
	}
	return arrow.Timestamp(days*microsPerDay + ofDay), nil
}

// timeOfDay reads [T| ]h:m[:s[.f]][ ][zone]: microseconds since midnight UTC.
func timeOfDay(text string) (int64, bool) {
	if text[0] != 'T' && text[0] != ' ' {
		return 0, false
	}
	hour, text, ok := cutNumber(text[1:], 1, 2)
	if !ok || hour > 23 || !strings.HasPrefix(text, ":") {
		return 0, false
	}
	minute, text, ok := cutNumber(text[1:], 1, 2)
	if !ok || minute > 59 {
		return 0, false
	}
	var second, micros int
	if strings.HasPrefix(text, ":") {
		if second, text, ok = cutNumber(text[1:], 1, 2); !ok || second > 59 {
			return 0, false
		}
		if strings.HasPrefix(text, ".") {
			digits := text[1:]
			digits = digits[:len(digits)-len(strings.TrimLeft(digits, "0123456789"))]
			if digits == "" {
				return 0, false
			}
			text = text[1+len(digits):]
			micros, _ = strconv.Atoi((digits + "000000")[:6])
		}
	}
	offset, ok := zoneOffset(strings.TrimPrefix(text, " "))
	if !ok {
		return 0, false
	}
	return int64(hour*3600+minute*60+second-offset)*microsPerSecond + int64(micros), true
}

// zoneOffset reads "", Z, UTC, GMT, +hh, +hhmm, +hh:mm[:ss]: seconds east of UTC.
func zoneOffset(text string) (int, bool) {
	if text == "" || text == "Z" || text == "z" || text == "UTC" || text == "GMT" {
		return 0, true
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "UTC"), "GMT")
	if text == "" || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	sign := 1
	if text[0] == '-' {
		sign = -1
	}
	total, unit := 0, 3600
	for text = text[1:]; ; unit /= 60 {
		n, rest, ok := cutNumber(text, 2, 2)
		if !ok || n > 59 {
			return 0, false
		}
		total += n * unit
		if text = strings.TrimPrefix(rest, ":"); text == "" {
			return sign * total, total <= 18*3600
		}
		if unit == 1 {
			return 0, false
		}
	}
}

// FormatDate writes year-month-day; years past 9999 with a plus, years before 0 with a minus.
func FormatDate(d arrow.Date32) string { return formatDays(int64(d)) }

func formatDays(days int64) string {
	t := time.Unix(days*86_400, 0).UTC()
	year := t.Year()
	switch {
	case year > 9999:
		return fmt.Sprintf("+%d-%02d-%02d", year, t.Month(), t.Day())
	case year < 0:
		return fmt.Sprintf("-%04d-%02d-%02d", -year, t.Month(), t.Day())
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, t.Month(), t.Day())
}

// FormatTimestamp writes the date, sep, the time to the second, and digits (0 to 6) of its
// fraction, the rest cut off.
func FormatTimestamp(ts arrow.Timestamp, sep string, digits int) string {
	days := floorDiv(int64(ts), microsPerDay)
	micros := int(int64(ts) - days*microsPerDay)
	seconds := micros / microsPerSecond
	s := fmt.Sprintf("%s%s%02d:%02d:%02d", formatDays(days), sep, seconds/3600, seconds/60%60, seconds%60)
	if digits > 0 {
		s += fmt.Sprintf(".%06d", micros%microsPerSecond)[:1+digits]
	}
	return s
}

func floorDiv(v, by int64) int64 {
	q := v / by
	if v%by < 0 {
		q--
	}
	return q
}
