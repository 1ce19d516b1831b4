package config

import (
	"net"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // so that a pipeline file is as valid where the machine has no time zones

	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/txlog/schema"
)

// validator finds what is wrong beyond the shape, and fills in the defaults.
type validator struct {
	*decoder
	names      map[string]bool
	unreadable map[string]bool // keys whose shape is already known to be wrong
}

// at reports a problem at key, unless what stands there could not even be read.
func (v *validator) at(key, format string, args ...any) {
	if !v.unreadable[key] {
		v.fail(v.place(key), key, format, args...)
	}
}

// has says whether the file itself says key.
func (v *validator) has(key string) bool { return v.places[key] != nil }

var queryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (v *validator) query(q *Query, key string) {
	switch {
	case q.Name == "":
		v.at(join(key, "name"), "is missing; it is the query's identity, under which its progress is kept")
	case !queryName.MatchString(q.Name):
		v.at(join(key, "name"), "may have letters, digits, '.', '_' and '-' only, not %q", q.Name)
	case v.names[q.Name]:
		v.at(join(key, "name"), "two queries are named %q; each keeps its progress under its name", q.Name)
	}
	v.names[q.Name] = true
	if q.Source.Kafka == nil {
		v.at(join(key, "source"), "is missing; a query reads from one source: kafka")
	} else {
		v.kafka(q.Source.Kafka, join(key, "source.kafka"))
	}
	columns := v.format(q, key)
	v.operators(q, join(key, "operators"))
	v.sink(q, key, columns)
	v.trigger(q, key)
	v.batch(q.Batch, join(key, "batch"))
	if q.OutputMode == "" {
		q.OutputMode = "append"
	}
	v.oneOf(join(key, "output_mode"), q.OutputMode, "append")
}

// format checks the format and gives the names of the columns that it makes.
func (v *validator) format(q *Query, queryKey string) []string {
	key := join(queryKey, "format")
	f := q.Format.JSON
	switch {
	case f != nil && q.Format.Debezium != nil:
		v.at(key, "names two formats; a query has one")
	case q.Format.Debezium != nil:
		v.debezium(q, queryKey, join(key, "debezium"))
		return nil
	}
	if f == nil {
		return []string{"key", "value", "topic", "partition", "offset", "timestamp", "timestampType", "headers"}
	}
	key = join(key, "json")
	if f.OnError == "" {
		f.OnError = "dead_letter"
	}
	v.oneOf(join(key, "on_error"), f.OnError, "dead_letter", "fail", "drop", "rescue")
	for _, m := range f.Metadata {
		v.oneOf(join(key, "metadata"), m, "topic", "partition", "offset", "timestamp", "key")
	}
	if f.TimeZone == "" {
		f.TimeZone = "UTC"
	}
	if _, err := time.LoadLocation(f.TimeZone); err != nil {
		v.at(join(key, "time_zone"), "%v; write a name of the time zone database, such as Europe/Berlin", err)
	}
	if strings.TrimSpace(f.Schema) == "" {
		v.at(join(key, "schema"), "is missing; name the columns: event_id STRING NOT NULL, timestamp TIMESTAMP, price DOUBLE")
		return nil
	}
	s, err := schema.ParseDDL(f.Schema)
	if err != nil {
		v.at(join(key, "schema"), "%v", err)
		return nil
	}
	var names []string
	for _, c := range s.Fields {
		names = append(names, c.Name)
	}
	for _, m := range f.Metadata {
		names = append(names, "_"+m)
	}
	if f.OnError == "rescue" {
		names = append(names, "_rescued_data")
	}
	return names
}

func (v *validator) operators(q *Query, key string) {
	for i, o := range q.Operators {
		if strings.TrimSpace(o.SQL) == "" {
			v.at(key+"["+itoa(i)+"]", "names no operator; one of %s", strings.Join(operatorNames, ", "))
		}
	}
}

var operatorNames = []string{"sql"}

func (v *validator) sink(q *Query, key string, columns []string) {
	s := q.Sink
	switch {
	case s.Delta == nil && s.Console == nil:
		v.at(join(key, "sink"), "is missing; a query writes to one sink: delta or console")
	case s.Delta != nil && s.Console != nil:
		v.at(join(key, "sink"), "names two sinks; write two queries, each with a name of its own")
	case s.Delta != nil:
		v.delta(q, key, columns)
	default:
		v.atLeast(join(key, "sink.console.num_rows"), int64(s.Console.NumRows), 1)
		if s.Console.NumRows == 0 {
			s.Console.NumRows = 20
		}
	}
	if s.Delta == nil && q.Format.JSON != nil && q.Format.JSON.OnError == "dead_letter" && q.DeadLetter.Table == "" {
		v.at(join(key, "dead_letter"), "is missing: on_error is dead_letter, and only a delta sink has a default table for it; set dead_letter.table or another on_error")
	}
}

func (v *validator) delta(q *Query, queryKey string, columns []string) {
	d, key := q.Sink.Delta, join(queryKey, "sink.delta")
	if d.Table == "" {
		v.at(join(key, "table"), "is missing; a path or a URL: s3://lake/events")
	} else {
		v.location(join(key, "table"), d.Table)
	}
	if d.Mode == "" && q.Format.Debezium != nil {
		d.Mode = "cdc"
	}
	if d.Mode == "" {
		d.Mode = "append"
	}
	v.oneOf(join(key, "mode"), d.Mode, "append", "merge", "cdc")
	v.mode(q, queryKey, key)
	for i, c := range d.PartitionBy {
		if slices.Contains(d.PartitionBy[:i], c) {
			v.at(join(key, "partition_by"), "names %s twice", c)
		}
		if len(q.Operators) == 0 && columns != nil && !containsFold(columns, c) {
			v.at(join(key, "partition_by"), "there is no column %s%s", c, suggest.DidYouMean(c, columns))
		}
	}
	if v.has(join(key, "target_file_size")) {
		v.atLeast(join(key, "target_file_size"), int64(d.TargetFileSize), 1<<20)
	}
	if q.DeadLetter.Table == "" {
		q.DeadLetter.Table = deadLetterTable(q)
	} else {
		v.location(join(queryKey, "dead_letter.table"), q.DeadLetter.Table)
	}
}

// location checks a path or URL.
func (v *validator) location(key, loc string) {
	scheme, _, ok := strings.Cut(loc, "://")
	if ok {
		v.oneOf(key, scheme, "s3", "s3a", "file")
	}
}

func (v *validator) server(s Server) {
	if s.Listen == "" {
		return
	}
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		v.at("server.listen", "must be host:port, such as 127.0.0.1:9464, not %q", s.Listen)
	}
}

func (v *validator) oneOf(key, value string, known ...string) {
	if !slices.Contains(known, value) {
		v.at(key, "cannot be %q%s", value, suggest.DidYouMean(value, known))
	}
}

func (v *validator) atLeast(key string, n, least int64) {
	if v.has(key) && n < least {
		v.at(key, "must be at least %d, not %d", least, n)
	}
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
}
