package textval

// Calendar arithmetic of the proleptic Gregorian calendar, as java.time and Delta have it, for years
// that package time does not reach.

// Microseconds, the unit of timestamps.
const (
	MicrosPerSecond = 1_000_000
	MicrosPerDay    = 86_400 * MicrosPerSecond
)

// Days gives the days from 1970-01-01 to a date; ok is false where there is no such date.
func Days(year, month, day int) (_ int, ok bool) {
	if month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return 0, false
	}
	// Years from March on, so that the day that may be missing comes last.
	if month <= 2 {
		year--
		month += 12
	}
	era := FloorDiv(year, 400)
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468, true
}

// DaysIn is how many days a month has.
func DaysIn(year, month int) int {
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

// FloorDiv divides and rounds down.
func FloorDiv(a, b int) int {
	if q := a / b; a%b >= 0 {
		return q
	} else {
		return q - 1
	}
}
