package service

import (
	"fmt"
	"strings"
	"time"

	"github.com/ingestd/ingestd/internal/config"
)

// Describe says in a few lines what a query would do.
func Describe(c *config.Query) []string {
	d := description{fmt.Sprintf("query %s", c.Name)}
	d.add("reads", "Kafka %s, from %s", BrokersOf(c.Source.Kafka), startText(c.Source.Kafka.StartingOffsets))
	onError := d.format(c)
	for _, o := range c.Operators {
		d.add("then", "%s", o.SQL)
	}
	if c.Sink.Delta != nil {
		d.sink(c.Sink.Delta, c.Format.Debezium != nil)
	} else {
		d.add("writes", "to the console")
	}
	if c.DeadLetter.Table != "" && onError == "dead_letter" {
		d.add("rejects to", "Delta table %s", c.DeadLetter.Table)
	}
	d.add("runs", "%s", triggerText(c.Trigger))
	switch {
	case manyTables(c):
		d.add("checkpoint", "%s; each table holds how far it has come, as txn actions", c.CheckpointLocation)
	case c.CheckpointLocation != "":
		d.add("checkpoint", "%s", c.CheckpointLocation)
	default:
		d.add("progress", "in the table itself, as txn actions")
	}
	return d
}

// description is lines about a query.
type description []string

func (d *description) add(what, format string, args ...any) {
	*d = append(*d, fmt.Sprintf("  %-11s %s", what, fmt.Sprintf(format, args...)))
}

// format says how records are decoded, and gives what becomes of those that do not fit.
func (d *description) format(c *config.Query) (onError string) {
	switch {
	case c.Format.JSON != nil:
		onError = c.Format.JSON.OnError
		d.add("decodes", "JSON: %s", c.Format.JSON.Schema)
	case c.Format.Debezium != nil:
		onError = c.Format.Debezium.OnError
		of := "with the columns that events bring, or else their tables have"
		if c.Format.Debezium.Schema != "" {
			of = c.Format.Debezium.Schema
		}
		d.add("decodes", "Debezium's changes: %s", of)
	default:
		d.add("decodes", "nothing: Kafka's own columns")
		return ""
	}
	d.add("else", "%s", onErrorText[onError])
	return onError
}

// sink says where rows, which may be Debezium's changes, go, and how.
func (d *description) sink(s *config.Delta, debezium bool) {
	by := ""
	if len(s.PartitionBy) > 0 {
		by = ", partitioned by " + strings.Join(s.PartitionBy, ", ")
	}
	if s.MergeSchema {
		by += "; new columns are added to it"
	}
	where := "Delta table " + s.Table
	if s.Many() {
		where = "Delta tables " + s.Table + ", one for each"
	}
	mode := s.Mode
	if mode == "" {
		mode = "append"
	}
	d.add("writes", "%s, mode %s%s", where, mode, by)
	switch s.Mode {
	case "merge":
		d.add("matches", "%s", s.On)
		for _, w := range s.When {
			d.add("when", "%s", strings.TrimSpace(w))
		}
		if len(s.When) == 0 {
			d.add("when", "MATCHED THEN UPDATE *, NOT MATCHED THEN INSERT *")
		}
	case "cdc":
		if debezium {
			d.changes(s)
		} else {
			d.words(s)
		}
		d.add("columns", "%s", schemaChangeText[s.SchemaChange])
	}
}

// changes says how Debezium's changes are applied.
func (d *description) changes(s *config.Delta) {
	keys := "by the keys of the changes"
	if len(s.Keys) > 0 {
		keys = "by " + strings.Join(s.Keys, ", ")
	}
	d.add("applies", "%s: inserts, updates, deletes, truncations; %s", keys, scdText[s.SCDType])
}

// words says what rows do that are not Debezium's.
func (d *description) words(s *config.Delta) {
	d.add("applies", "by %s: each row inserts or updates; %s", strings.Join(s.Keys, ", "), scdText[s.SCDType])
	d.add("newest", "by %s", strings.TrimSpace(s.SequenceBy))
	if s.DeleteWhen != "" {
		d.add("deletes", "when %s", strings.TrimSpace(s.DeleteWhen))
	}
	if s.TruncateWhen != "" {
		d.add("truncates", "when %s", strings.TrimSpace(s.TruncateWhen))
	}
	if s.IgnoreNullUpdates {
		d.add("nulls", "of an update leave what the table has")
	}
	switch c := s.Columns; {
	case c.Only != nil:
		d.add("keeps", "of the columns %s, and the keys", strings.Join(c.Only, ", "))
	case c.Except != nil:
		d.add("keeps", "of the columns all but %s", strings.Join(c.Except, ", "))
	}
}

// schemaChangeText says what becomes of columns that a table has not, or has in another type.
var schemaChangeText = map[string]string{
	"evolve":     "new ones are added, types are widened; what fits no type goes to the dead letters",
	"try_evolve": "new ones are added, types are widened; else values are cast where they fit",
	"lenient":    "new ones are added, values are cast where they fit",
	"ignore":     "new ones are left out, values are cast where they fit",
	"exception":  "a change with others than the table's goes to the dead letters",
}

// scdText says what is kept of a row, by the type of slowly changing dimension.
var scdText = map[int]string{
	1: "a row stays as its newest change left it",
	2: "each version of a row is kept, from __START_AT to __END_AT, which is null in the current one",
}

// onErrorText says what becomes of a record that does not fit.
var onErrorText = map[string]string{
	"dead_letter": "a record that does not fit goes to the dead letters",
	"fail":        "a record that does not fit ends the query",
	"drop":        "a record that does not fit is dropped",
	"rescue":      "what of a record does not fit goes to _rescued_data",
}

func triggerText(t config.Trigger) string {
	switch {
	case t.Once:
		return "once: one batch"
	case t.AvailableNow:
		return "until all that is there now is read"
	case t.ProcessingTime != nil && *t.ProcessingTime > 0:
		return fmt.Sprintf("until stopped, a batch every %v", *t.ProcessingTime)
	}
	return "until stopped, batch after batch"
}

func startText(o config.OffsetSpec) string {
	switch {
	case o.Keyword != "":
		return o.Keyword
	case o.Offsets != nil:
		return fmt.Sprintf("offsets %v", o.Offsets)
	case o.Time != nil:
		return o.Time.Format(time.RFC3339)
	}
	return "latest"
}
