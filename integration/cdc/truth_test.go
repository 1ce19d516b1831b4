//go:build integration

package cdc

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/integration/parts"
)

// tables are those of the database, by name, but for the marker's, which goes on changing while it is drained.
func (w *world) tables() []string {
	w.Helper()
	var names []string
	for _, row := range w.postgres.SQL(w, database, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'marker' ORDER BY 1").Rows {
		names = append(names, *row[0])
	}
	return names
}

// truth is a table as PostgreSQL has it.
func (w *world) truth(table string) parts.Rows {
	w.Helper()
	list := w.postgres.SQL(w, database, fmt.Sprintf(`SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
		WHERE attrelid = '%s'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, table))
	var columns []column
	var reads []string
	var takes []func(string) (cell, error)
	for _, row := range list.Rows {
		k, err := kindOf(*row[1])
		if err != nil {
			w.Fatalf("column %s.%s: %v", table, *row[0], err)
		}
		columns = append(columns, column{*row[0], k.typ})
		reads = append(reads, fmt.Sprintf(k.read, *row[0]))
		takes = append(takes, k.take)
	}
	text := w.postgres.SQL(w, database, fmt.Sprintf("SELECT %s FROM %s", strings.Join(reads, ", "), table))
	rows := make([]map[string]cell, len(text.Rows))
	for r, cells := range text.Rows {
		rows[r] = map[string]cell{}
		for i, c := range columns {
			if cells[i] == nil {
				continue
			}
			value, err := takes[i](*cells[i])
			if err != nil {
				w.Fatalf("%s.%s: %s: %v", table, c.name, *cells[i], err)
			}
			rows[r][c.name] = value
		}
	}
	canon, err := canonical(columns, rows)
	if err != nil {
		w.Fatalf("%s: %v", table, err)
	}
	return canon
}

// A kind says what a type of PostgreSQL is in a lake: its type there, the SQL that reads a column of it, and what becomes of the
// text that this gives.
type kind struct {
	typ  arrow.DataType
	read string
	take func(string) (cell, error)
}

var numericType = regexp.MustCompile(`^numeric\((\d+),(\d+)\)$`)

// kindOf is the kind of a type as format_type spells it.
func kindOf(name string) (kind, error) {
	if element, ok := strings.CutSuffix(name, "[]"); ok {
		return listOf(element)
	}
	if m := numericType.FindStringSubmatch(name); m != nil {
		precision, _ := strconv.ParseInt(m[1], 10, 32)
		scale, _ := strconv.ParseInt(m[2], 10, 32)
		return kind{&arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}, "%s", takeDecimal}, nil
	}
	base, _, _ := strings.Cut(name, "(")
	switch name {
	case "bit(1)":
		return kind{arrow.FixedWidthTypes.Boolean, "%s", func(s string) (cell, error) { return s == "1", nil }}, nil
	case "timestamp(3) without time zone":
		base = "timestamp without time zone"
	case "timestamp(3) with time zone":
		base = "timestamp with time zone"
	case "time(3) without time zone":
		base = "time without time zone"
	}
	if k, ok := kinds[base]; ok {
		return k, nil
	}
	return kind{}, fmt.Errorf("the suite does not know the type %s", name)
}

// listOf is the kind of an array, which is read as JSON.
func listOf(element string) (kind, error) {
	k, err := kindOf(element)
	if err != nil {
		return kind{}, err
	}
	read := "to_json(%s::text[])"
	if k.typ.ID() == arrow.DATE32 {
		read = "CASE WHEN %[1]s IS NOT NULL THEN to_json(ARRAY(SELECT (i - '1970-01-01'::date)::text FROM unnest(%[1]s) i)) END"
	}
	return kind{arrow.ListOf(k.typ), read, func(s string) (cell, error) {
		var items []*string
		if err := json.Unmarshal([]byte(s), &items); err != nil {
			return nil, err
		}
		list := make([]cell, len(items))
		for i, item := range items {
			if item == nil {
				continue
			}
			var err error
			if list[i], err = k.take(*item); err != nil {
				return nil, err
			}
		}
		return list, nil
	}}, nil
}

var kinds = map[string]kind{
	"smallint":                    {arrow.PrimitiveTypes.Int16, "%s", takeWhole},
	"integer":                     {arrow.PrimitiveTypes.Int32, "%s", takeWhole},
	"bigint":                      {arrow.PrimitiveTypes.Int64, "%s", takeWhole},
	"real":                        {arrow.PrimitiveTypes.Float32, "%s", takeFloat},
	"double precision":            {arrow.PrimitiveTypes.Float64, "%s", takeFloat},
	"numeric":                     {arrow.BinaryTypes.String, "trim_scale(%s)", takeText}, // what is sent has no zeros at its end
	"money":                       {&arrow.Decimal128Type{Precision: 38, Scale: 2}, "%s::numeric", takeDecimal},
	"boolean":                     {arrow.FixedWidthTypes.Boolean, "%s", func(s string) (cell, error) { return s == "t", nil }},
	"bytea":                       {arrow.BinaryTypes.Binary, "encode(%s, 'hex')", func(s string) (cell, error) { return hex.DecodeString(s) }},
	"date":                        {arrow.FixedWidthTypes.Date32, "%s - '1970-01-01'::date", takeWhole},
	"timestamp without time zone": {wall, "(extract(epoch FROM %s) * 1000000)::bigint", takeWhole},
	"timestamp with time zone":    {zoned, "(extract(epoch FROM %s) * 1000000)::bigint", takeWhole},
	"time without time zone":      {arrow.BinaryTypes.String, "to_char(%s, 'HH24:MI:SS.US')", takeText},
	"interval":                    {arrow.PrimitiveTypes.Int64, "(extract(epoch FROM %s) * 1000000)::bigint", takeWhole}, // without months
	"character":                   text,
	"character varying":           text,
	"text":                        text,
	"email":                       text,
	"status":                      text,
	"uuid":                        text,
	"json":                        text,
	"jsonb":                       text,
	"xml":                         text,
	"inet":                        text,
	"cidr":                        text,
	"macaddr":                     text,
	"int4range":                   text,
}

var text = kind{arrow.BinaryTypes.String, "%s", takeText}

func takeText(s string) (cell, error)  { return s, nil }
func takeWhole(s string) (cell, error) { return strconv.ParseInt(s, 10, 64) }
func takeFloat(s string) (cell, error) { return strconv.ParseFloat(s, 64) }

func takeDecimal(s string) (cell, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return nil, fmt.Errorf("%q is no decimal", s)
	}
	return decimal{unscaled, int32(len(fraction))}, nil
}
