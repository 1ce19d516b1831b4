package json

// Calendar arithmetic of the proleptic Gregorian calendar, as java.time and Delta have it, for years
// that package time does not reach.

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// days gives the days from 1970-01-01 to a date; ok is false where there is no such date.
func days(year, month, day int) (_ int, ok bool) {
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	// Years from March on, so that the day that may be missing comes last.
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func floorDiv(a, b int) int {
	if q := a / b; a%b >= 0 {
		return q
	} else {
		return q - 1
	}
}

// trim takes off what Spark takes off both ends of dates and timestamps: white space and control
// characters.
func trim(t []byte) []byte {
	for len(t) > 0 && (t[0] <= ' ' || t[0] == 0x7f) {
		t = t[1:]
	}
	for len(t) > 0 && (t[len(t)-1] <= ' ' || t[len(t)-1] == 0x7f) {
		t = t[:len(t)-1]
	}
	return t
}

// withoutGMT takes the first "GMT" out, as Spark does for timestamps of its first versions
// ("2000-01-01T00:00:00GMT+01:00"); ok is false where there is none.
func withoutGMT(t []byte) (_ []byte, ok bool) {
	for i := 0; i+3 <= len(t); i++ {
		if string(t[i:i+3]) == "GMT" {
			return append(append(make([]byte, 0, len(t)), t[:i]...), t[i+3:]...), true
		}
	}
	return nil, false
}
