package shopdb

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"
	"unicode/utf8"
)

// unavailable stands for a value that the log does not have.
const unavailable = "__debezium_unavailable_value"

// event writes the event of a change.
func (d *Database) event(c *change, buf []byte) (Event, []byte) {
	e := Event{Topic: c.table.topic, Headers: d.headers}
	if c.moved.Name != "" {
		e.Headers = append(d.headers[:len(d.headers):len(d.headers)], c.moved)
	}
	start := len(buf)
	if c.op != 't' {
		buf = append(buf, c.table.key...)
		buf = strconv.AppendInt(buf, c.row.id(), 10)
		buf = append(buf, "}}"...)
		e.Key = buf[start:len(buf):len(buf)]
	}
	if c.op != 0 {
		start = len(buf)
		buf = d.appendValue(buf, c)
		e.Value = buf[start:len(buf):len(buf)]
	}
	return e, buf
}

func (d *Database) appendValue(b []byte, c *change) []byte {
	b = append(b, c.table.before...)
	switch c.op {
	case 'd':
		b = append(c.table.appendDeleted(b, c.row), `,"after":null`...)
	case 't':
		b = append(b, `null,"after":null`...)
	default:
		b = append(b, `null,"after":`...)
		b = c.table.appendRow(b, c.row, c.kept)
	}
	micros := c.at.UnixMicro()
	b = append(b, `,"source":{"version":"3.6.1.Final","connector":"postgresql","name":`...)
	b = appendQuoted(b, d.server)
	b = appendNumber(b, `,"ts_ms":`, micros/1000)
	b = append(b, `,"snapshot":"`+c.snapshot+`","db":"shop","sequence":"[`...)
	if c.place.committed == 0 {
		b = append(b, "null"...)
	} else {
		b = append(appendNumber(b, `\"`, c.place.committed), `\"`...)
	}
	b = append(appendNumber(b, `,\"`, c.place.lsn), `\"]"`...)
	b = appendNumber(b, `,"ts_us":`, micros)
	b = append(appendNumber(b, `,"ts_ns":`, micros), `000,"schema":"public","table":"`+c.table.name+`"`...)
	b = appendNumber(b, `,"txId":`, c.place.transaction)
	b = appendNumber(b, `,"lsn":`, c.place.lsn)
	b = append(b, `,"xmin":null,"origin":null,"origin_lsn":null},"transaction":null,"op":"`...)
	b = append(b, c.op)
	nanos := c.at.UnixNano() + 400_000_000 + c.place.lsn%100_000_000 // when the connector had it
	b = appendNumber(b, `","ts_ms":`, nanos/1_000_000)
	b = appendNumber(b, `,"ts_us":`, nanos/1000)
	b = appendNumber(b, `,"ts_ns":`, nanos)
	return append(b, "}}"...)
}

func (t *table) appendRow(b []byte, r row, kept []bool) []byte {
	for i, c := range t.columns {
		b = t.appendName(b, i)
		switch v := r[i]; {
		case v.null:
			b = append(b, "null"...)
		case kept != nil && kept[i]:
			b = append(b, `"`+unavailable+`"`...)
		default:
			b = c.append(b, v)
		}
	}
	return append(b, '}')
}

// appendDeleted appends a row of which only the key is known: the connector fills in what may not be null.
func (t *table) appendDeleted(b []byte, r row) []byte {
	for i, c := range t.columns {
		b = t.appendName(b, i)
		switch {
		case i == 0:
			b = c.append(b, r[0])
		case !c.notNull:
			b = append(b, "null"...)
		case c.fallback != "":
			b = append(b, c.fallback...)
		case c.kind == text:
			b = append(b, `""`...)
		default:
			b = append(b, '0')
		}
	}
	return append(b, '}')
}

func (t *table) appendName(b []byte, i int) []byte {
	sep := byte(',')
	if i == 0 {
		sep = '{'
	}
	b = append(b, sep, '"')
	b = append(b, t.columns[i].name...)
	return append(b, `":`...)
}

// append appends a value that is not null.
func (c column) append(b []byte, v cell) []byte {
	switch c.kind {
	case text, jsonb:
		return appendQuoted(b, v.text)
	case numeric:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, shortest(v.number))
		return append(b, '"')
	case boolean:
		return strconv.AppendBool(b, v.number != 0)
	case timestamptz:
		return time.UnixMicro(v.number).UTC().AppendFormat(b, `"2006-01-02T15:04:05.000000Z"`)
	}
	return strconv.AppendInt(b, v.number, 10)
}

// shortest is a number in two's complement, the highest byte first, in as few bytes as it needs.
func shortest(v int64) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(v))
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}

func appendNumber(b []byte, name string, v int64) []byte {
	return strconv.AppendInt(append(b, name...), v, 10)
}

func quoted(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted appends a JSON string as Jackson writes it: all in UTF-8 but quotes, backslashes and control characters.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b = append(b, '\\', byte(r))
		case '\n':
			b = append(b, `\n`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
