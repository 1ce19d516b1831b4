//go:build integration

package fromjson

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ingestd/ingestd/txlog/schema"
)

// plain spells a value of a primitive type as most writers do.
func (g generator) plain(t schema.Primitive) string {
	switch t {
	case schema.Byte:
		return strconv.Itoa(g.IntN(256) - 128)
	case schema.Short:
		return strconv.Itoa(g.IntN(1<<16) - 1<<15)
	case schema.Integer:
		return strconv.Itoa(int(int32(g.Uint32())))
	case schema.Long:
		return strconv.FormatInt(int64(g.Uint64()), 10)
	case schema.Float, schema.Double:
		return strconv.FormatFloat(g.NormFloat64()*1e3, byte(pick(g, 'g', 'f')), -1, 64)
	case schema.Boolean:
		return pick(g, "true", "false")
	case schema.Binary:
		return quoted(base64.StdEncoding.EncodeToString([]byte(g.word())))
	case schema.String:
		return quoted(g.word())
	}
	moment := time.UnixMicro(int64(g.Uint64()) >> g.IntN(30) % 2e17).UTC()
	switch t {
	case schema.Date:
		return quoted(moment.Format(time.DateOnly))
	case schema.TimestampNTZ:
		return quoted(moment.Format(pick(g, "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05")))
	default:
		return quoted(moment.Format(pick(g, time.RFC3339Nano, "2006-01-02 15:04:05.000", "2006-01-02T15:04:05-07:00", "2006-01-02T15:04:05.000000-0700")))
	}
}

// primitive spells a value of a primitive type, often oddly.
func (g generator) primitive(t schema.Primitive) string {
	switch t {
	case schema.Byte, schema.Short, schema.Integer, schema.Long:
		return g.integer()
	case schema.Float, schema.Double:
		return g.double()
	case schema.Boolean:
		return pick(g, "true", "false", "true", "false", `"true"`, "1", "TRUE", "tru", "falsee")
	case schema.Binary:
		return g.binary()
	case schema.Date:
		return g.date()
	case schema.Timestamp, schema.TimestampNTZ:
		return g.timestamp()
	case schema.String:
		if g.in(4) {
			return g.anything()
		}
		return g.text(g.word())
	}
	panic("no values of " + t.String())
}

func (g generator) integer() string {
	edge := pick[uint64](g, 0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 2147483647, 2147483648, 4294967295, math.MaxInt64, math.MaxInt64+1, math.MaxUint64)
	switch g.IntN(8) {
	case 0, 1, 2:
		return g.minus() + strconv.FormatUint(edge, 10)
	case 3, 4:
		return g.minus() + strconv.Itoa(g.IntN(1<<g.IntN(40)))
	case 5:
		return g.sign() + g.digits(1, 25)
	case 6:
		return quoted(g.sign() + g.digits(1, 12))
	default:
		return g.double()
	}
}

func (g generator) double() string {
	switch g.IntN(8) {
	case 0:
		return strconv.FormatFloat(math.Float64frombits(g.Uint64()), byte(pick(g, 'g', 'e', 'E')), -1, 64)
	case 1:
		return strconv.FormatFloat(g.NormFloat64()*1e3, 'f', g.IntN(12), 64)
	case 2:
		return g.minus() + g.digits(1, 20) + "." + g.digits(1, 25)
	case 3:
		return g.sign() + g.digits(1, 3) + pick(g, "", ".", "."+g.digits(1, 3)) + pick(g, "e", "E") + g.sign() + g.digits(1, 3)
	case 4:
		word := g.sign() + pick(g, "NaN", "Infinity", "INF", "Inf", "inf", "nan", "infinity", "NAN")
		return pick(g, word, quoted(word))
	case 5:
		return quoted(strconv.FormatFloat(g.NormFloat64(), 'g', -1, 64))
	case 6:
		return pick(g, "0", "-0", "0.0", "-0.0", "00", "01", "1.", ".5", "-.5", "1e", "1e+", "0e0", "4.9e-324", "2e-324", "1.7976931348623157e308",
			"3.4028235e38", "3.4028236e38", "1.4e-45", "5e-46", "9007199254740993", "0.1", "1_000", "1f", "1d", "0x1p3")
	default:
		return strconv.FormatFloat(float64(math.Float32frombits(g.Uint32())), 'g', -1, 32)
	}
}

// decimal spells numbers around the limits of precision and scale.
func (g generator) decimal(t schema.Decimal) string {
	whole := t.Precision - t.Scale
	number := pick(g, "", "", "-") + strings.TrimLeft(g.digits(max(0, whole-3), whole+g.IntN(2)), "0")
	if number == "" || number == "-" {
		number += "0"
	}
	if g.in(2) {
		number += "." + pick(g, g.digits(1, t.Scale+3), strings.Repeat("9", t.Scale+1), strings.Repeat("0", t.Scale)+"5", strings.Repeat("4", t.Scale)+"49")
	}
	if g.in(6) {
		number += pick(g, "e", "E") + g.sign() + g.digits(1, 2)
	}
	switch g.IntN(8) {
	case 0:
		return quoted(number)
	case 1:
		return quoted(pick(g, "+", " ", "", "1,", ",", "$") + number + pick(g, "", " ", ",", ",000", ".", "x", "f"))
	case 2:
		return g.double()
	}
	return number
}

func (g generator) binary() string {
	b := make([]byte, g.IntN(12))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	encoding := pick(g, base64.StdEncoding, base64.StdEncoding, base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding)
	text := encoding.EncodeToString(b)
	if g.in(8) && text != "" {
		at := g.IntN(len(text) + 1)
		text = text[:at] + pick(g, " ", "\n", "\r\n", "=", "é", "-", ".", "A") + text[at:]
	}
	return g.text(text)
}

func (g generator) two(most int) string {
	n := g.IntN(most + 1)
	return pick(g, fmt.Sprintf("%02d", n), fmt.Sprintf("%02d", n), fmt.Sprintf("%02d", n), strconv.Itoa(n), fmt.Sprintf("%03d", n))
}

func (g generator) year() string {
	return pick(g, strconv.Itoa(1970+g.IntN(80)), strconv.Itoa(1800+g.IntN(300)), fmt.Sprintf("%04d", g.IntN(10000)), g.sign()+g.digits(1, 8))
}

func (g generator) ymd() string {
	return pick(g, "", "", "", "", "", " ", "\t", "-", "+") + g.year() + "-" + g.two(13) + "-" + g.two(32)
}

// date spells dates as people and programs do.
func (g generator) date() string {
	return g.text(pick(g, func() string { return fmt.Sprintf("%d-%02d-%02d", 1900+g.IntN(200), 1+g.IntN(12), 1+g.IntN(28)) },
		g.ymd, func() string { return g.ymd() + pick(g, " ", "T", "x", "Z", " 12:00", "T25:61", "-", "  ") },
		func() string { return g.year() + pick(g, "", "-", "-"+g.two(12), "/"+g.two(12)+"/"+g.two(28)) },
		func() string { return g.sign() + g.digits(1, 7) },
		func() string {
			return pick(g, "", " ", "epoch", "now", "today", "20240229", "02/29/2024", "2024-02-30", "2023-02-29", "1582-10-10", "0000-01-01", "2024-1-1GMT", "2024-01-01GMT+01:00")
		})())
}
