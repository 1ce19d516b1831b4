package spark

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

func stringLiteral(s string, at int) term {
	return term{sql: quote(s), typ: str, at: at, literal: &s}
}

// suffixes are the types that letters after a number say.
var suffixes = []struct {
	letters string
	typ     arrow.DataType
}{{"bd", void}, {"l", bigint}, {"s", smallint}, {"y", tinyint}, {"d", double}, {"f", float}}

var numeral = regexp.MustCompile(`^(\d+)?(\.\d*)?(e[+-]?\d+)?$`)

// number makes a term of a number, whose type is the first that holds it of INT, BIGINT and DECIMAL; with an
// exponent it is DOUBLE.
func (t *translator) number(tok token, sign string) term {
	digits := strings.ToLower(tok.text)
	var typ arrow.DataType
	for _, s := range suffixes {
		if strings.HasSuffix(digits, s.letters) {
			digits, typ = strings.TrimSuffix(digits, s.letters), s.typ
			break
		}
	}
	m := numeral.FindStringSubmatch(digits)
	switch {
	case m == nil:
		return t.wrong(tok.at, "%s is no number; names that begin with a digit go in backticks", t.show(tok))
	case typ == nil && m[3] != "":
		typ = double
	}
	switch {
	case typ != nil && isFloating(typ):
		f, err := strconv.ParseFloat(sign+digits, typ.(arrow.FixedWidthDataType).BitWidth())
		if err != nil || math.IsInf(f, 0) {
			return t.wrong(tok.at, "%s is out of range of %s", t.show(tok), TypeName(typ))
		}
		e := doubleLiteral(f, tok.at)
		if typ == float {
			return e.as(float)
		}
		return e
	case m[2] == "" && m[3] == "" && (typ == nil || isInteger(typ)):
		return t.whole(tok, sign+digits, typ)
	case typ != nil && isInteger(typ) || m[3] != "":
		return t.wrong(tok.at, "%s is no number", t.show(tok))
	}
	whole, fraction := strings.TrimLeft(m[1], "0"), strings.TrimPrefix(m[2], ".")
	p, s := int32(len(whole)+len(fraction)), int32(len(fraction))
	if p = max(p, s, 1); p > maxDigits {
		return t.wrong(tok.at, "%s has more than %d digits", t.show(tok), maxDigits)
	}
	plain := sign + "0" + whole
	if whole != "" {
		plain = sign + whole
	}
	if fraction != "" {
		plain += "." + fraction
	}
	return term{sql: plain, typ: decimal(p, s), at: tok.at, literal: &plain}
}

// whole makes a term of an integer; typ is nil where no suffix says it.
func (t *translator) whole(tok token, digits string, typ arrow.DataType) term {
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return t.wrong(tok.at, "%s is no number", t.show(tok))
	}
	plain := n.String()
	switch {
	case typ != nil:
		if _, err := strconv.ParseInt(plain, 10, typ.(arrow.FixedWidthDataType).BitWidth()); err != nil {
			return t.wrong(tok.at, "%s is out of range of %s", t.show(tok), TypeName(typ))
		}
	case n.IsInt64() && n.Int64() == int64(int32(n.Int64())):
		typ = integer
	case n.IsInt64():
		typ = bigint
	case len(strings.TrimPrefix(plain, "-")) <= maxDigits:
		typ = decimal(int32(len(strings.TrimPrefix(plain, "-"))), 0)
	default:
		return t.wrong(tok.at, "%s has more than %d digits", t.show(tok), maxDigits)
	}
	return term{sql: plain, typ: typ, at: tok.at, literal: &plain}
}

func doubleLiteral(f float64, at int) term {
	s := strconv.FormatFloat(f, 'e', -1, 64)
	e := term{sql: s, typ: double, at: at, literal: &s}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		e.sql = "CAST(" + quote(s) + " AS DOUBLE)"
	}
	return e
}

func (t *translator) hexLiteral(tok token) term {
	s := tok.text
	if len(s)%2 == 1 {
		s = "0" + s
	}
	if _, err := hex.DecodeString(s); err != nil {
		return t.wrong(tok.at, "X'%s' is not hexadecimal", tok.text)
	}
	return term{sql: "unhex(" + quote(s) + ")", typ: binary, at: tok.at}
}

var (
	wholeText = regexp.MustCompile(`^[+-]?\d{1,40}$`)
	floatText = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)
	dateText  = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})$`)
	timeText  = regexp.MustCompile(`^(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,6})?\s*(Z|UTC|[+-](?:0\d|1[0-7]):[0-5]\d)?)?$`)
)

// parsed makes a constant of type to of a string that stands in the text. What Spark reads and this does not is refused.
func (t *translator) parsed(e term, to arrow.DataType) term {
	s := strings.TrimSpace(*e.literal)
	unfit := func() term {
		return t.refuse("%s is not spelled as %s usually is", quote(*e.literal), article(TypeName(to)))
	}
	switch {
	case isInteger(to):
		if !wholeText.MatchString(s) {
			return unfit()
		}
		n, err := strconv.ParseInt(s, 10, to.(arrow.FixedWidthDataType).BitWidth())
		if err != nil {
			return t.wrong(e.at, "%s is out of range of %s", quote(s), TypeName(to))
		}
		digits := strconv.FormatInt(n, 10)
		return term{sql: digits, typ: to, at: e.at, literal: &digits}
	case isFloating(to):
		f, err := strconv.ParseFloat(s, to.(arrow.FixedWidthDataType).BitWidth())
		if err != nil || !floatText.MatchString(s) {
			return unfit()
		}
		return doubleLiteral(f, e.at).to(to)
	case isDecimal(to):
		if !floatText.MatchString(s) || len(s) > maxDigits {
			return unfit()
		}
		return term{sql: "CAST(" + quote(s) + " AS " + duckType(to) + ")", typ: to, at: e.at, fails: true}
	case isMoment(to):
		return t.moment(s, to, e.at)
	case to.ID() == arrow.BOOL:
		switch strings.ToLower(s) {
		case "t", "true", "y", "yes", "1":
			return term{sql: "TRUE", typ: boolean, at: e.at}
		case "f", "false", "n", "no", "0":
			return term{sql: "FALSE", typ: boolean, at: e.at}
		}
		return unfit()
	}
	return t.wrong(e.at, "%s cannot be %s", quote(s), article(TypeName(to)))
}

func article(s string) string {
	if strings.ContainsRune("AEIOU", rune(s[0])) {
		return "an " + s
	}
	return "a " + s
}

// moment is a date or timestamp spelled in full.
func (t *translator) moment(s string, to arrow.DataType, at int) term {
	s = strings.TrimSpace(s)
	unfit := func() term {
		return t.refuse("%s is not spelled as %s usually is", quote(s), article(TypeName(to)))
	}
	if to.ID() == arrow.DATE32 {
		day, err := time.Parse("2006-1-2", s)
		if err != nil || !dateText.MatchString(s) || day.Year() < 1 {
			return unfit()
		}
		return term{sql: "CAST('" + day.Format(time.DateOnly) + "' AS DATE)", typ: date, at: at}
	}
	m := timeText.FindStringSubmatch(s)
	if m == nil {
		return unfit()
	}
	if !zoned(to) && m[6] != "" {
		return t.refuse("%s has a zone and a TIMESTAMP_NTZ has none", quote(s))
	}
	if m[2] == "" {
		m[2], m[3], m[4] = "0", "0", "0"
	}
	if m[6] == "" || m[6] == "UTC" {
		m[6] = "Z"
	}
	at2, err := time.Parse("2006-1-2 15:4:5Z07:00", fmt.Sprintf("%s %s:%s:%s%s%s", m[1], m[2], m[3], m[4], m[5], m[6]))
	if err != nil || at2.UTC().Year() < 1 || at2.UTC().Year() > 9999 {
		return unfit()
	}
	return instant(at2, to, at)
}

func instant(when time.Time, to arrow.DataType, at int) term {
	s := when.UTC().Format("2006-01-02 15:04:05.999999")
	if zoned(to) {
		s += "+00"
	}
	return term{sql: "CAST('" + s + "' AS " + duckType(to) + ")", typ: to, at: at}
}

// units are those of intervals: how many of which of months, days and microseconds.
var units = map[string]struct {
	typ  arrow.DataType
	n    int64
	duck string
}{
	"year": {months, 12, "MONTH"}, "quarter": {months, 3, "MONTH"}, "month": {months, 1, "MONTH"},
	"week": {micros, 7, "DAY"}, "day": {micros, 1, "DAY"},
	"hour": {micros, 3600_000_000, "MICROSECOND"}, "minute": {micros, 60_000_000, "MICROSECOND"}, "second": {micros, 1_000_000, "MICROSECOND"},
	"millisecond": {micros, 1000, "MICROSECOND"}, "microsecond": {micros, 1, "MICROSECOND"},
}

// interval: INTERVAL 3 DAYS, INTERVAL '3' DAY, INTERVAL '3 days'.
func (t *translator) interval(at int) term {
	sign := ""
	if t.take("-") {
		sign = "-"
	}
	tok := t.next()
	parts := strings.Fields(tok.text)
	if len(parts) == 1 {
		parts = append(parts, t.next().text)
	}
	if len(parts) != 2 || t.is("to") || t.peek().kind == number {
		return t.refuse("an interval of more than one unit; add several")
	}
	unit, ok := units[strings.TrimSuffix(strings.ToLower(parts[1]), "s")]
	n, err := strconv.ParseInt(sign+parts[0], 10, 32)
	if !ok || err != nil || n > 1e6 || n < -1e6 {
		return t.refuse("the interval %s; write such as INTERVAL 3 DAYS", t.text[at:max(t.tokens[max(t.i-1, 0)].end, at)])
	}
	literal := unit.duck
	return term{sql: fmt.Sprintf("to_%ss(%d)", strings.ToLower(unit.duck), n*unit.n), typ: unit.typ, at: at, literal: &literal}
}
