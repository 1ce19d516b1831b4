package debezium

import (
	"bytes"

	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
)

// jsonEvent reads an event from the JSON of a record's value, up to its images, which it finds only.
type jsonEvent struct {
	opts   *Options
	s      *jsontext.Scanner
	values wrapped[eventSchema]
	names  map[string]string // what fields that may have been added stand for
	flat   event             // as far as added fields tell
	marks  marks
}

// marks are what a value without a schema is recognised by.
type marks struct {
	n                                      int // members
	op, source                             bool
	tsMillis, status, id, counts           bool
	database, ddl, aggregate, kind, detail bool
}

// read reads the value of a record; a null one is a tombstone. The reason is empty where it is an event.
func (j *jsonEvent) read(key, value []byte, ev *event) (tombstone bool, reason string) {
	*ev = event{}
	s := j.s
	s.B = value
	schema, p, behind, reason := j.values.open(s)
	if reason != "" {
		return false, reason
	}
	ev.schema = schema
	if p < len(value) && value[p] == 'n' {
		if q := s.Literal(p, "null"); q < 0 || !closed(s, q, behind) {
			return false, s.Failure.Reason()
		}
		return true, ""
	}
	if p >= len(value) || value[p] != '{' {
		s.Mismatch(p, "an object")
		return false, s.Failure.Reason()
	}
	var q int
	if schema != nil && schema.form == flat && !schema.added {
		q = s.Skip(p, 1)
		ev.form, ev.after = flat, image{p, q}
	} else {
		q = j.payload(key, p, ev)
	}
	if q < 0 || !closed(s, q, behind) {
		return false, s.Failure.Reason()
	}
	return false, ""
}

// payload reads the object at p and finds out what it is.
func (j *jsonEvent) payload(key []byte, p int, ev *event) int {
	j.marks, j.flat = marks{}, event{form: flat, schema: ev.schema}
	prefix := []byte(j.opts.AddedFieldPrefix)
	envelope := ev.schema == nil || ev.schema.form != flat
	q := j.s.Members(p, func(name []byte, p int) int {
		j.marks.n++
		if envelope {
			if q, ok := j.envelope(name, p, ev); ok {
				return q
			}
		}
		if bytes.HasPrefix(name, prefix) {
			return j.addedField(name, p, &j.flat)
		}
		j.mark(name, p)
		return j.s.Skip(p, 1)
	})
	if q < 0 {
		return q
	}
	m := &j.marks
	switch {
	case ev.schema != nil:
		ev.form = ev.schema.form
	case m.op && m.source:
		ev.form = whole
	case j.passed(key):
		ev.form = passed
	default:
		ev.form = flat
	}
	if ev.form == flat { // also where its columns have the names of an envelope's members
		*ev = j.flat
		ev.after = image{p, q}
	}
	return q
}

// envelope reads a member of an envelope; ok is false where it is none.
func (j *jsonEvent) envelope(name []byte, p int, ev *event) (q int, ok bool) {
	s, m := j.s, &j.marks
	switch string(name) {
	case "before", "after":
		before := name[0] == 'b' // what is read next may overwrite a name with escapes
		if q = s.Skip(p, 1); q >= 0 && s.B[p] != 'n' {
			if before {
				ev.before = image{p, q}
			} else {
				ev.after = image{p, q}
			}
		}
		return q, true
	case "source":
		if p >= len(s.B) || s.B[p] != '{' {
			return s.Skip(p, 1), true
		}
		m.source = true
		return j.source(p, &ev.source), true
	case "op":
		if !isText(s, p) {
			return s.Skip(p, 1), true
		}
		m.op = true
		t, q := s.Text(p)
		if q >= 0 {
			ev.op = opOf(t)
		}
		return q, true
	}
	return 0, false
}

// opOf is the letter of an operation; '?' for what is none.
func opOf(t []byte) byte {
	if len(t) == 1 {
		return t[0]
	}
	return '?'
}

// source reads the source block.
func (j *jsonEvent) source(p int, src *source) int {
	return j.s.Members(p, func(name []byte, p int) int { return j.sourceField(name, p, src) })
}

// sourceField reads a value into the field of src that has this name.
func (j *jsonEvent) sourceField(name []byte, p int, src *source) int {
	s := j.s
	if isText(s, p) {
		field, ok := sourceTexts[string(name)]
		if !ok {
			return s.Skip(p, 2)
		}
		t, q := s.Text(p)
		if q >= 0 {
			src.setText(field, t, q-p-2 != len(t))
		}
		return q
	}
	if isNumber(s, p) {
		if to := src.number(string(name)); to != nil {
			v, q := wholeNumber(s, p)
			*to = number{v, q >= 0}
			return q
		}
	}
	return s.Skip(p, 2)
}

// sourceTexts are the names that setText knows, so that no name is copied to ask for it.
var sourceTexts = map[string]string{
	"connector": "connector", "name": "name", "db": "db", "schema": "schema", "table": "table", "collection": "collection",
	"snapshot": "snapshot", "sequence": "sequence", "file": "file", "change_lsn": "change_lsn", "commit_lsn": "commit_lsn",
	"scn": "scn", "commit_scn": "commit_scn",
}

// addedField reads a field that ExtractNewRecordState may have added.
func (j *jsonEvent) addedField(name []byte, p int, ev *event) int {
	stands, ok := j.names[string(name)]
	if !ok {
		if stands = j.opts.addedField(string(name)); len(j.names) < 1000 {
			j.names[string(name)] = stands
		}
	}
	s := j.s
	switch stands {
	case "":
		return s.Skip(p, 1)
	case "op":
		if isText(s, p) {
			t, q := s.Text(p)
			if q >= 0 {
				ev.op = opOf(t)
			}
			return q
		}
	case "deleted":
		ev.hasDeleted = true
		t, q := s.AnyText(p, 1)
		ev.deleted = q >= 0 && string(t) == "true"
		return q
	default:
		return j.sourceField([]byte(stands), p, &ev.source)
	}
	return s.Skip(p, 1)
}

// mark notes a member that an event which is none of a row may have.
func (j *jsonEvent) mark(name []byte, p int) {
	m := &j.marks
	switch string(name) {
	case "ts_ms":
		m.tsMillis = isNumber(j.s, p)
	case "status":
		m.status = bytes.HasPrefix(j.s.B[p:], []byte(`"BEGIN"`)) || bytes.HasPrefix(j.s.B[p:], []byte(`"END"`))
	case "id":
		m.id = true
	case "event_count", "data_collections":
		m.counts = true
	case "databaseName":
		m.database = true
	case "ddl":
		m.ddl = true
	case "aggregate_type":
		m.aggregate = true
	case "type":
		m.kind = true
	case "additional_data":
		m.detail = true
	}
}

// passed recognises, without a schema, a heartbeat, a boundary of a transaction, a change of a schema and a notification.
func (j *jsonEvent) passed(key []byte) bool {
	m := &j.marks
	return m.n == 1 && m.tsMillis && bytes.Contains(key, []byte("serverName")) ||
		m.status && m.id && m.counts && m.tsMillis ||
		m.source && m.database && m.ddl ||
		m.aggregate && m.kind && m.id && m.detail
}
