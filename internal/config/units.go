package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads "10s", "1m30s", "100ms", or Spark's words: "10 seconds", "5 minutes",
// "1 hour 30 minutes", "interval 1 day".
func ParseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if d, err := time.ParseDuration(s); err == nil {
		return nonNegative(d, s)
	}
	words := strings.Fields(strings.TrimPrefix(strings.ToLower(s), "interval "))
	if len(words) == 0 || len(words)%2 != 0 {
		return 0, badDuration(s)
	}
	var total time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseFloat(words[i], 64)
		unit, ok := durationUnits[strings.TrimSuffix(words[i+1], "s")]
		if err != nil || !ok {
			return 0, badDuration(s)
		}
		total += time.Duration(n * float64(unit))
	}
	return nonNegative(total, s)
}

var durationUnits = map[string]time.Duration{
	"microsecond": time.Microsecond, "millisecond": time.Millisecond, "m": time.Millisecond, "": time.Second,
	"second": time.Second, "sec": time.Second, "minute": time.Minute, "min": time.Minute, "hour": time.Hour, "h": time.Hour,
	"day": 24 * time.Hour, "d": 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

func nonNegative(d time.Duration, s string) (time.Duration, error) {
	if d < 0 {
		return 0, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}

func badDuration(s string) error {
	return fmt.Errorf("%q is not a duration; write 10s, 500ms or 10 minutes", s)
}

// ParseBytes reads "256MB", "64 MiB", "1g" or a plain number of bytes. As in Spark and the JVM,
// KB, MB, GB and TB are powers of 1024.
func ParseBytes(s string) (int64, error) {
	t := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	digits := strings.TrimRight(t, "abcdefghijklmnopqrstuvwxyz")
	unit := strings.TrimSuffix(strings.TrimSuffix(t[len(digits):], "b"), "i")
	shift, ok := map[string]uint{"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !ok || n < 0 || n > float64(int64(1)<<62>>shift) {
		return 0, fmt.Errorf("%q is not a size; write 256MB, 64KB or a number of bytes", s)
	}
	return int64(n * float64(int64(1)<<shift)), nil
}
