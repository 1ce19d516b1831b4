package debezium

import (
	"bytes"
	"strconv"
)

// source is what an event tells of where it comes from: its source block, or the fields that ExtractNewRecordState added. Texts are
// parts of the record; nil is unknown.
type source struct {
	connector, server, db, schema, table []byte
	snapshot                             []byte

	hasSequence                bool   // of PostgreSQL
	commit                     number // the first part of it
	file                       []byte
	changeLSN, commitLSN       []byte
	scn, commitSCN             []byte
	lsn, pos, row, serial, ord number
	millis, micros, nanos      number // when the change was made
}

// number is a whole number that may be unknown.
type number struct {
	v  int64
	ok bool
}

// setText takes the text of a field, which is the caller's.
func (x *source) setText(name string, t []byte, clone bool) {
	if name == "sequence" {
		x.commit, x.hasSequence = lastCommit(t), true
		return
	}
	if to := x.text(name); to != nil {
		if clone {
			t = bytes.Clone(t)
		}
		*to = t
	}
}

// text is where the text of a field goes; nil where it is not needed, or is a number.
func (x *source) text(name string) *[]byte {
	switch name {
	case "connector":
		return &x.connector
	case "name":
		return &x.server
	case "db":
		return &x.db
	case "schema":
		return &x.schema
	case "table", "collection":
		return &x.table
	case "snapshot":
		return &x.snapshot
	case "file":
		return &x.file
	case "change_lsn":
		return &x.changeLSN
	case "commit_lsn":
		return &x.commitLSN
	case "scn":
		return &x.scn
	case "commit_scn":
		return &x.commitSCN
	}
	return nil
}

// number is where the number of a field goes; nil where it is not needed.
func (x *source) number(name string) *number {
	switch name {
	case "lsn":
		return &x.lsn
	case "pos":
		return &x.pos
	case "row":
		return &x.row
	case "event_serial_no":
		return &x.serial
	case "ord":
		return &x.ord
	case "ts_ms":
		return &x.millis
	case "ts_us":
		return &x.micros
	case "ts_ns":
		return &x.nanos
	}
	return nil
}

// time is when the change was made, in microseconds since 1970.
func (x *source) time() number {
	switch {
	case x.micros.ok:
		return x.micros
	case x.nanos.ok:
		return number{x.nanos.v / 1000, true}
	case x.millis.ok:
		us, why := millisToMicros(x.millis.v)
		return number{us, why == ""}
	}
	return number{}
}

// parseNumber reads a whole number from a text, such as an SCN.
func parseNumber(t []byte) number {
	if len(t) == 0 || len(t) > 20 {
		return number{}
	}
	v, err := strconv.ParseInt(string(t), 10, 64)
	return number{v, err == nil}
}
