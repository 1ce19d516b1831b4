//go:build integration

package engines

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
)

// skipColumns are those that predicates are about: two of them partition the table.
const skipColumns = `id BIGINT, part STRING, pday DATE, i INT, big BIGINT, f FLOAT, d DOUBLE, d5 DECIMAL(5,2), d38 DECIMAL(38,10), text STRING,
	day DATE, instant TIMESTAMP, wall TIMESTAMP_NTZ, flag BOOLEAN, s STRUCT<a: INT, t: STRING, at: TIMESTAMP>`

// A dialect is how an engine spells what not all spell the same.
type dialect struct {
	instant, wall, str string // formats of literals
}

var dialects = map[string]dialect{
	"spark":    {"TIMESTAMP '%s+00:00'", "TIMESTAMP_NTZ '%s'", "r'%s'"},
	"duckdb":   {"TIMESTAMPTZ '%s+00'", "TIMESTAMP '%s'", "'%s'"},
	"delta-rs": {"arrow_cast('%sZ', 'Timestamp(Microsecond, Some(\"UTC\"))')", "arrow_cast('%s', 'Timestamp(Microsecond, None)')", "'%s'"},
}

// A predicate compares a column with values that the table has, or nearly has.
type predicate struct {
	column, op string
	values     []value
}

// A value is a literal of a kind; text is its spelling.
type value struct{ kind, text string }

func (v value) sql(d dialect) string {
	switch v.kind {
	case "instant":
		return fmt.Sprintf(d.instant, v.text)
	case "wall":
		return fmt.Sprintf(d.wall, v.text)
	case "text":
		return fmt.Sprintf(d.str, v.text)
	case "day":
		return "DATE '" + v.text + "'"
	case "number":
		return v.text
	default:
		return "CAST('" + v.text + "' AS " + v.kind + ")"
	}
}

func (p predicate) sql(d dialect) string {
	var literals []string
	for _, v := range p.values {
		literals = append(literals, v.sql(d))
	}
	switch p.op {
	case "IN", "NOT IN":
		return p.column + " " + p.op + " (" + strings.Join(literals, ", ") + ")"
	case "BETWEEN":
		return p.column + " BETWEEN " + literals[0] + " AND " + literals[1]
	case "IS NULL", "IS NOT NULL":
		return p.column + " " + p.op
	}
	return p.column + " " + p.op + " " + literals[0]
}

// randomPredicate is about one column, or joins two about any.
func randomPredicate(r *rand.Rand, d dialect) string {
	one := func() string {
		columns := []string{"part", "pday", "i", "big", "f", "d", "d5", "d38", "text", "text", "day", "instant", "instant", "wall", "s.a", "s.t", "s.at"}
		p := predicate{column: columns[r.IntN(len(columns))], op: []string{"=", "<>", "<", "<=", ">", ">=", "IN", "NOT IN", "BETWEEN", "IS NULL", "IS NOT NULL"}[r.IntN(11)]}
		for range 2 {
			p.values = append(p.values, literal(r, p.column))
		}
		if text := p.sql(d); r.IntN(6) == 0 {
			return "NOT (" + text + ")"
		}
		return p.sql(d)
	}
	switch r.IntN(4) {
	case 0:
		return "(" + one() + " AND " + one() + ")"
	case 1:
		return "(" + one() + " OR " + one() + ")"
	}
	return one()
}

func literal(r *rand.Rand, column string) value {
	pick := func(kind string, from ...string) value { return value{kind, from[r.IntN(len(from))]} }
	switch column {
	case "i", "big", "s.a":
		return pick("number", "0", "-1", "1", "2147483647", "-50", "50", "-2147483648")
	case "f", "d":
		return pick("DOUBLE", "0.0", "-0.0", "1.5", "-100.25", "NaN", "Infinity", "-Infinity", "3.0")
	case "d5":
		return pick("DECIMAL(5,2)", "0.00", "999.99", "-999.99", "0.01", "-0.01", "0.05")
	case "d38":
		return pick("DECIMAL(38,10)", "0.0000000000", "9999999999999999999999999999.9999999999", "-0.0000000001", "0.0000000005")
	case "day", "pday":
		return pick("day", "0001-01-01", "9999-12-31", "1970-01-01", "1969-12-31", "1990-05-05", "1582-10-15")
	case "instant", "wall", "s.at":
		moment := time.UnixMicro(instants[2+r.IntN(len(instants)-3)]).UTC() // within what nanoseconds of 64 bits hold
		return value{strings.TrimPrefix(column, "s.at"), moment.Format("2006-01-02T15:04:05.000000")}.orInstant()
	}
	texts := []string{"", " ", "null", "\"q\"", "it''s", "é", "😀", "😀😀", "\U0010FFFF", "\uffff", strings.Repeat("x", 31) + "😀tail", strings.Repeat("x", 31) + "😀", strings.Repeat("x", 32),
		strings.Repeat("x", 32) + "y", strings.Repeat("\U0010FFFF", 40), strings.Repeat("\uffff", 33), strings.Repeat("😀", 33), strings.Repeat("😀", 32), strings.Repeat("z", 100), "w5", "p 1%", "a/b", "%20"}
	return pick("text", texts...)
}

func (v value) orInstant() value {
	if v.kind == "" {
		v.kind = "instant"
	}
	return v
}

// filtered asks for the ids that pass each of the predicates, by one query that engines skip files for.
func filtered(predicates []string) string {
	var selects []string
	for k, p := range predicates {
		selects = append(selects, fmt.Sprintf("SELECT %d AS k, id FROM t WHERE %s", k, p))
	}
	return strings.Join(selects, " UNION ALL ")
}

// computed asks, of every row, which predicates it passes, which no engine can skip files for.
func computed(predicates []string) string {
	columns := []string{"id"}
	for k, p := range predicates {
		columns = append(columns, fmt.Sprintf("CASE WHEN %s THEN 1 ELSE 0 END AS k%d", p, k))
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM t"
}

// passing makes the rows that filtered gives of those that computed gives.
func passing(rows parts.Rows) parts.Rows {
	out := parts.Rows{Rows: [][]string{}}
	for _, row := range rows.Rows {
		for k, cell := range row[1:] {
			if cell == "1" {
				out.Rows = append(out.Rows, []string{fmt.Sprint(k), row[0]})
			}
		}
	}
	return joined(out)
}
