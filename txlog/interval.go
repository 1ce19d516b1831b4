package txlog

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var intervalUnits = map[string]time.Duration{
	"week": 7 * 24 * time.Hour, "day": 24 * time.Hour, "hour": time.Hour, "minute": time.Minute,
	"second": time.Second, "millisecond": time.Millisecond, "microsecond": time.Microsecond,
}

var errInterval = errors.New(`must be an interval such as "interval 30 days" or "interval 1 week 12 hours"`)

// longest is the longest time that a Duration tells, 292 years.
const longest = time.Duration(math.MaxInt64)

// ParseInterval reads an interval as Spark writes it in properties: "interval 1 week", "2 days 3
// hours", in any case. Months and years are refused, as their length is not known. What is longer than
// a Duration can tell is as long as it can.
func ParseInterval(s string) (time.Duration, error) {
	words := strings.Fields(strings.ToLower(s))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	if len(words) == 0 || len(words)%2 != 0 {
		return 0, errInterval
	}
	var total time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil || n < 0 {
			return 0, errInterval
		}
		name := strings.TrimSuffix(words[i+1], "s")
		unit, ok := intervalUnits[name]
		if !ok {
			if name == "month" || name == "year" {
				return 0, fmt.Errorf("%ss have no fixed length; %w", name, errInterval)
			}
			return 0, errInterval
		}
		if n > int64((longest-total)/unit) {
			total = longest // "interval 1000000 days" is how some say never
			continue
		}
		total += time.Duration(n) * unit
	}
	return total, nil
}

// parseBytes reads "134217728", "128mb", "1 GB", "64k" (powers of 1024, as in Spark).
func parseBytes(s string) (int64, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	i := strings.LastIndexAny(s, "0123456789") + 1
	n, err := strconv.ParseInt(s[:i], 10, 64)
	if err != nil {
		return 0, err
	}
	shift, ok := map[string]int{"": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20,
		"g": 30, "gb": 30, "gib": 30, "t": 40, "tb": 40, "tib": 40}[strings.TrimSpace(s[i:])]
	if !ok || n < 0 || n > math.MaxInt64>>shift {
		return 0, strconv.ErrRange
	}
	return n << shift, nil
}
