//go:build integration

package merge

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// keys are pairs of types that are compared, with values for both sides as DuckDB has them; those of the source that are no
// value of the table come last.
var keys = []struct {
	target, source string
	values, more   []string
}{
	{"BIGINT", "BIGINT", []string{"NULL", "1", "2", "3", "4", "5", "9223372036854775807"}, nil},
	{"INT", "BIGINT", []string{"NULL", "1", "2", "3", "-4", "5"}, []string{"4294967297"}},
	{"BIGINT", "SMALLINT", []string{"NULL", "1", "2", "3", "-4", "5"}, nil},
	{"DOUBLE", "DOUBLE", []string{"NULL", "'NaN'", "'0.0'", "'-0.0'", "'1.5'", "'Infinity'"}, nil},
	{"FLOAT", "DOUBLE", []string{"NULL", "'NaN'", "'-0.0'", "'0.5'", "'0.1'"}, nil},
	{"DECIMAL(10,2)", "DECIMAL(12,4)", []string{"NULL", "1.50", "2.00", "-3.25", "0.00"}, []string{"2.0001"}},
	{"INT", "DECIMAL(5,1)", []string{"NULL", "1", "2", "3"}, []string{"2.5"}},
	{"STRING", "STRING", []string{"NULL", "''", "'a'", "'A'", "'a '", "'é'", "'日本'"}, nil},
	{"STRING", "INT", []string{"NULL", "'1'", "'2'", "'3'"}, nil},
	{"DATE", "TIMESTAMP_NTZ", []string{"NULL", "'2024-02-29'", "'1969-12-31'", "'2026-01-01'"}, []string{"'2024-02-29 00:00:01'"}},
	{"TIMESTAMP", "TIMESTAMP", []string{"NULL", "'2024-02-29 12:00:00.123456+00'", "'2024-02-29 12:00:00.123+00'", "'1969-12-31 00:00:00+00'"}, nil},
	{"BOOLEAN", "BOOLEAN", []string{"NULL", "true", "false"}, nil},
	{"BINARY", "BINARY", []string{"NULL", "''", `'\x00'`, `'a\x00'`, "'a'"}, nil},
}

var (
	ons = []string{
		"t.k = s.k", "t.k = s.k", "t.k <=> s.k", "s.K = T.k AND t.p = s.p", "t.k = s.k AND t.v > s.v", "t.k <=> s.k AND t.p <=> s.p AND t.v <= s.v", "t.v = s.v",
		"t.k = s.k AND s.v IS NOT NULL AND t.p <> 'a'", "t.st.a = s.st.a", "t.k = s.k OR t.v = s.v", "t.v BETWEEN s.v AND s.v + 2 AND t.p = s.p",
		"t.k = s.k AND t.p IN ('a', 'b')", "t.st.a = s.v AND t.k <=> s.k", "t.k = s.k AND s.extra > 3", "t.d = s.d", "false", "t.v + 1 = s.v", "NOT (t.k = s.k) AND t.v = s.v AND t.p = s.p",
	}
	both    = []string{"s.v > t.v", "t.p = s.p", "NOT (t.d > s.d)", "t.st.b <=> s.st.b", "t.v + s.v > 9 OR s.p IS NULL", "NULL"}
	targets = []string{"t.v IS NULL", "t.p = 'a'", "t.v > 5", "t.st.a < 3", "NOT (t.p = 'b')", "CAST(NULL AS BOOLEAN)"}
	sources = []string{"s.extra > 3", "s.p <> 'b'", "s.v IS NOT NULL", "s.st.b = 'x'", "s.k IS NULL"}
	matched = []string{
		"DELETE", "UPDATE SET *", "UPDATE SET *", "UPDATE SET v = s.v", "UPDATE SET t.v = t.v + s.v, p = s.p", "UPDATE SET st.a = s.v, d = s.d",
		"UPDATE SET st = s.st", "UPDATE SET p = concat(t.p, s.p)", "UPDATE SET st = NULL, V = 7",
	}
	notMatched = []string{"INSERT *", "INSERT *", "INSERT (k, v) VALUES (s.k, s.v + 1)", "INSERT (v, p, st) VALUES (s.extra, upper(s.p), named_struct('a', 1, 'b', s.p))"}
	bySource   = []string{"DELETE", "UPDATE SET v = t.v + 1", "UPDATE SET p = 'z', st.b = 'q'", "UPDATE SET t.d = NULL"}
)

// trial is a table, a source and a statement.
type trial struct {
	target, source string // DDL
	partition      []string
	properties     map[string]string
	files          [][]string // rows as in VALUES
	rows           []string
	on             string
	whens          []string
	evolve         bool
	memory         int64
}

type generator struct{ *rand.Rand }

func (g generator) pick(from []string) string { return from[g.IntN(len(from))] }

func (g generator) trial() trial {
	key := keys[g.IntN(len(keys))]
	o := trial{
		target: "k " + key.target + ", p STRING, v INT, d DECIMAL(10,2), st STRUCT<a: INT, b: STRING>",
		source: "K " + key.source + ", p STRING, V " + g.pick([]string{"INT", "BIGINT", "SMALLINT"}) + ", extra INT, D DECIMAL(8,1), st " + g.pick([]string{"STRUCT<a: INT, b: STRING>", "STRUCT<B: STRING, a: SMALLINT>"}),
		on:     g.pick(ons), properties: map[string]string{}, evolve: g.IntN(6) == 0, memory: int64(g.IntN(2)),
	}
	o.partition = [][]string{nil, nil, {"p"}}[g.IntN(3)]
	if g.IntN(2) == 0 {
		o.properties["delta.enableDeletionVectors"] = "true"
	}
	if g.IntN(4) == 0 {
		o.properties["delta.enableChangeDataFeed"] = "true"
	}
	if g.IntN(4) == 0 {
		o.properties["delta.columnMapping.mode"] = "name"
	}
	for range g.IntN(4) {
		var file []string
		for range 1 + g.IntN(8) {
			file = append(file, strings.Join([]string{g.pick(key.values), g.text(), g.number(), g.fraction(".25"), "{'a': " + g.number() + ", 'b': " + g.text() + "}"}, ", "))
		}
		o.files = append(o.files, file)
	}
	once := g.IntN(4) > 0 // so that most statements are not refused for several rows that match
	seen := map[string]bool{}
	for range g.IntN(9) {
		k := g.pick(append(key.values[:len(key.values):len(key.values)], key.more...))
		if zero := strings.Trim(k, "-'") == "0.0"; once && (seen[k] || zero && seen["zero"]) {
			continue
		} else if zero {
			seen["zero"] = true
		}
		seen[k] = true
		st := "{'a': " + g.number() + ", 'b': " + g.text() + "}"
		if strings.Contains(o.source, "<B") {
			st = "{'B': " + g.text() + ", 'a': " + g.number() + "}"
		}
		o.rows = append(o.rows, strings.Join([]string{k, g.text(), g.number(), g.number(), g.fraction(".5"), st}, ", "))
	}
	o.whens = g.whens()
	return o
}

func (g generator) text() string { return g.pick([]string{"NULL", "'a'", "'b'", "'x'", "''"}) }

func (g generator) number() string {
	if g.IntN(6) == 0 {
		return "NULL"
	}
	return fmt.Sprint(g.IntN(9))
}

func (g generator) fraction(part string) string {
	if n := g.number(); n != "NULL" {
		return n + part
	}
	return "NULL"
}

func (g generator) whens() (out []string) {
	for _, k := range []struct {
		name        string
		conds, acts []string
	}{
		{"MATCHED", append(append(both[:len(both):len(both)], targets...), sources...), matched},
		{"NOT MATCHED", sources, notMatched},
		{"NOT MATCHED BY SOURCE", targets, bySource},
	} {
		for n := g.IntN(3); n > 0; n-- {
			when := k.name
			if n > 1 || g.IntN(2) == 0 {
				when += " AND " + g.pick(k.conds)
			}
			out = append(out, when+" THEN "+g.pick(k.acts))
		}
	}
	if len(out) == 0 {
		return g.whens()
	}
	return out
}

// text is the statement as Spark reads it.
func (o trial) text(table, source string) string {
	with := ""
	if o.evolve {
		with = "WITH SCHEMA EVOLUTION "
	}
	return fmt.Sprintf("MERGE %sINTO delta.`%s` AS t USING %s AS s ON %s WHEN %s", with, table, source, o.on, strings.Join(o.whens, " WHEN "))
}
