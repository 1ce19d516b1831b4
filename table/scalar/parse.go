package scalar

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

var (
	errType  = errors.New("the type has no text form")
	errRange = errors.New("out of range")
)

// Parse reads a value from its text ("Partition Value Serialization"), in any of the spellings
// that writers use: numbers as Java or anyone prints them, timestamps with a space or a T, with or
// without fraction and zone. A timestamp without zone is taken as UTC. Digits beyond microseconds
// are cut off. Binary is the UTF-8 bytes of the text, or of its \u00XX escapes where it consists
// of nothing else. The empty text is a value of string and binary only. Errors: *ValueError.
func Parse(t schema.Type, text string) (any, error) {
	v, err := parse(t, text)
	if err != nil {
		return nil, &ValueError{Type: t, Text: text, Err: err}
	}
	return v, nil
}

func parse(t schema.Type, text string) (any, error) {
	switch t {
	case schema.String:
		return text, nil
	case schema.Binary:
		return parseBinary(text), nil
	case schema.Boolean:
		switch {
		case strings.EqualFold(text, "true"):
			return true, nil
		case strings.EqualFold(text, "false"):
			return false, nil
		}
		return nil, errors.New("true or false is expected")
	case schema.Byte:
		return parseInt(text, 8)
	case schema.Short:
		return parseInt(text, 16)
	case schema.Integer:
		return parseInt(text, 32)
	case schema.Long:
		return parseInt(text, 64)
	case schema.Float:
		f, err := parseFloat(text, 32)
		return f, err
	case schema.Double:
		f, err := parseFloat(text, 64)
		return f, err
	case schema.Date:
		return parseDate(text)
	case schema.Timestamp, schema.TimestampNTZ:
		return parseTimestamp(text)
	}
	if d, ok := t.(schema.Decimal); ok {
		return parseDecimal(text, d)
	}
	return nil, errType
}

func parseInt(text string, bits int) (any, error) {
	i, err := strconv.ParseInt(text, 10, bits)
	return i, cause(err)
}

func parseFloat(text string, bits int) (float64, error) {
	switch text { // Spark's and Java's spellings; ParseFloat takes more, such as hexadecimal
	case "NaN":
		return math.NaN(), nil
	case "Infinity", "+Infinity", "Inf", "+Inf":
		return math.Inf(1), nil
	case "-Infinity", "-Inf":
		return math.Inf(-1), nil
	}
	if strings.ContainsAny(text, "xX_nN") {
		return 0, errors.New("a number is expected")
	}
	f, err := strconv.ParseFloat(text, bits)
	return f, cause(err)
}

// cause takes off what strconv adds: the text is in the ValueError already.
func cause(err error) error {
	var num *strconv.NumError
	if errors.As(err, &num) {
		return num.Err
	}
	return err
}

// parseBinary undoes the escapes of writers that take the protocol's "\u0001\u0002" by the letter.
func parseBinary(text string) []byte {
	if len(text) == 0 || len(text)%6 != 0 {
		return []byte(text)
	}
	raw := make([]byte, 0, len(text)/6)
	for i := 0; i < len(text); i += 6 {
		if !strings.HasPrefix(text[i:], `\u00`) {
			return []byte(text)
		}
		b, err := strconv.ParseUint(text[i+4:i+6], 16, 8)
		if err != nil {
			return []byte(text)
		}
		raw = append(raw, byte(b))
	}
	return raw
}
