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
	for _, k := range []struct {
		name, mode string
	}{{"on", "merge"}, {"when", "merge"}, {"keys", "cdc"}, {"schema_change", "cdc"}, {"deletes", "cdc"}, {"tombstone_retention", "cdc"}} {
		if k.mode != d.Mode && v.has(join(key, k.name)) {
			v.at(join(key, k.name), "is for mode %s, and the mode is %s", k.mode, d.Mode)
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
	if q.Format.Debezium == nil {
		v.at(join(key, "mode"), "cannot be cdc without format: {debezium: {}}")
	}
	if d.Many() && q.CheckpointLocation == "" {
		v.at(join(queryKey, "checkpoint_location"), "is missing; a query that feeds many tables keeps its progress there")
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
