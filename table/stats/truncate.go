package stats

import "unicode/utf8"

// prefixLength is how many characters of a string its bounds keep, as Spark and delta-rs do.
const prefixLength = 32

// cutMin shortens a least value: a prefix of a string is not greater than the string.
func cutMin(s string) string {
	if i := cutAt(s, prefixLength); i < len(s) {
		return s[:i]
	}
	return s
}

// cutMax shortens a greatest value so that it is still not less than s: the prefix and a character
// that is greater than the next one of s. Like Spark it takes \u007f where that is enough and
// \U0010FFFF else; where s itself goes on with \U0010FFFF, those stay.
func cutMax(s string) string {
	i := cutAt(s, prefixLength)
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < '\u007f':
			return s[:i] + "\u007f"
		case r < utf8.MaxRune:
			return s[:i] + string(utf8.MaxRune)
		}
		i += size
	}
	return s
}

// cutAt is where the first n characters of s end.
func cutAt(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
