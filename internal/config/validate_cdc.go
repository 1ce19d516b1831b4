package config

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// debezium checks the format of change events.
func (v *validator) debezium(q *Query, queryKey, key string) {
	f := q.Format.Debezium
	if f.OnError == "" {
		f.OnError = "dead_letter"
	}
	v.oneOf(join(key, "on_error"), f.OnError, "dead_letter", "fail", "drop")
	for name, c := range map[string]struct {
		value string
		known []string
	}{
		"decimal_handling_mode": {f.DecimalHandlingMode, []string{"", "precise", "double", "string"}},
		"time_precision_mode":   {f.TimePrecisionMode, []string{"", "adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"}},
		"binary_handling_mode":  {f.BinaryHandlingMode, []string{"", "bytes", "base64", "base64-url-safe", "hex"}},
	} {
		v.oneOf(join(key, name), c.value, c.known...)
	}
	if strings.TrimSpace(f.Schema) != "" {
		if _, err := schema.ParseDDL(f.Schema); err != nil {
			v.at(join(key, "schema"), "%v", err)
		}
	}
	if len(q.Operators) > 0 {
		v.at(join(queryKey, "operators"), "cannot follow format debezium: the columns of its changes are known only when they come")
	}
	if d := q.Sink.Delta; d == nil || d.Mode != "" && d.Mode != "cdc" {
		v.at(join(queryKey, "sink"), "must be delta with mode cdc, to which format debezium gives changes")
	}
}

// mode checks the keys of the sink's modes.
func (v *validator) mode(q *Query, queryKey, key string) {
	d := q.Sink.Delta
	for mode, names := range map[string][]string{
		"merge": {"on", "when"},
		"cdc":   {"keys", "schema_change", "deletes", "scd_type", "tombstone_retention", "sequence_by", "delete_when", "truncate_when", "ignore_null_updates", "columns"},
	} {
		for _, name := range names {
			if mode != d.Mode && v.has(join(key, name)) {
				v.at(join(key, name), "is for mode %s, and the mode is %s", mode, d.Mode)
			}
		}
	}
	switch d.Mode {
	case "merge":
		if strings.TrimSpace(d.On) == "" {
			v.at(join(key, "on"), "is missing; say which rows match: t.id = s.id")
		}
	case "cdc":
		v.cdc(q, queryKey, key)
	}
}

func (v *validator) cdc(q *Query, queryKey, key string) {
	d := q.Sink.Delta
	if d.SchemaChange == "" {
		d.SchemaChange = "evolve"
	}
	v.oneOf(join(key, "schema_change"), d.SchemaChange, "evolve", "try_evolve", "lenient", "ignore", "exception")
	if d.Deletes == "" {
		d.Deletes = "hard"
	}
	v.oneOf(join(key, "deletes"), d.Deletes, "hard", "soft")
	switch {
	case !v.has(join(key, "scd_type")):
		d.SCDType = 1
	case d.SCDType != 1 && d.SCDType != 2:
		v.at(join(key, "scd_type"), "must be 1, which keeps rows as they are now, or 2, which keeps each version of them")
	case d.SCDType == 2 && d.Deletes == "soft":
		v.at(join(key, "deletes"), "cannot be soft with scd_type 2, whose tables keep deleted rows as it is: their last version has an end (__END_AT)")
	}
	if q.Format.Debezium == nil {
		v.rows(d, key)
		return
	}
	for name, why := range debeziumSays {
		if v.has(join(key, name)) {
			v.at(join(key, name), "is for rows that are not Debezium's: %s", why)
		}
	}
	if d.Many() && q.CheckpointLocation == "" {
		v.at(join(queryKey, "checkpoint_location"), "is missing; a query that feeds many tables keeps its progress there")
	}
}

// debeziumSays is why keys of mode cdc are not for Debezium's changes.
var debeziumSays = map[string]string{
	"sequence_by":         "its changes are ordered as the database's log is",
	"delete_when":         "its events say themselves which row is deleted",
	"truncate_when":       "its events say themselves when a table is truncated",
	"ignore_null_updates": "null is a value there, and what an event does not know it says",
	"columns":             "the tables have the columns of the database; the connector leaves some out by its own column.exclude.list",
}

// rows checks mode cdc for rows that are not Debezium's.
func (v *validator) rows(d *Delta, key string) {
	if len(d.Keys) == 0 {
		v.at(join(key, "keys"), "is missing; name the columns that tell a row from all others, or set format: {debezium: {}}")
	}
	if strings.TrimSpace(d.SequenceBy) == "" {
		v.at(join(key, "sequence_by"), "is missing; say what orders the changes of a row: a version, or a time")
	}
	for name, text := range map[string]string{"delete_when": d.DeleteWhen, "truncate_when": d.TruncateWhen} {
		if v.has(join(key, name)) && strings.TrimSpace(text) == "" {
			v.at(join(key, name), "is empty; write a condition: op = 'd'")
		}
	}
	if d.Many() {
		v.at(join(key, "table"), "names parts of where changes come from, which only those of Debezium tell; other rows go to one table")
	}
	if d.Deletes == "soft" && d.IgnoreNullUpdates {
		v.at(join(key, "ignore_null_updates"), "cannot be true with deletes: soft, for a row that comes again would have values of before it was deleted")
	}
}

// deadLetterTable is where the dead letters of a query go where the file does not say: beside its table or, where there are many, beside the
// folder of all.
func deadLetterTable(q *Query) string {
	table := strings.TrimRight(q.Sink.Delta.Table, "/")
	if !q.Sink.Delta.Many() {
		return table + "_dead_letter"
	}
	before, _, _ := strings.Cut(table, "{")
	if i := strings.LastIndexByte(before, '/'); i >= 0 {
		before = before[:i+1]
	} else {
		before = ""
	}
	return before + q.Name + "_dead_letter"
}
