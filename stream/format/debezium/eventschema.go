package debezium

import "strings"

// form is how rows come.
type form uint8

const (
	unknownForm form = iota
	whole            // an envelope of before, after, source and op
	flat             // the row alone, as ExtractNewRecordState leaves it
	passed           // no row: a heartbeat, a transaction's boundary, a change of a schema
)

// eventSchema is what the schema of an event's value tells.
type eventSchema struct {
	form       form
	row        *connectSchema // of a row; nil where a row is no struct
	added      bool           // flat: there are fields that ExtractNewRecordState added
	hasDeleted bool           // flat: __deleted is one of them
}

// parseValue reads the schema of a value; nil for null.
func (o *Options) parseValue(raw []byte) (*eventSchema, error) {
	c, err := parseConnect(raw)
	if c == nil || err != nil {
		return nil, err
	}
	if passedOver(c.Name) {
		return &eventSchema{form: passed}, nil
	}
	e := &eventSchema{form: flat, row: c}
	op, source, after := c.field("op"), c.field("source"), c.field("after")
	if op != nil && op.Type == "string" && source != nil && source.Type == "struct" {
		e.form, e.row = whole, after
		if after != nil && after.Type != "struct" {
			e.row = nil
		}
		return e, nil
	}
	if c.Type != "struct" {
		e.row = nil
		return e, nil
	}
	row := &connectSchema{Type: "struct", Name: c.Name}
	for _, f := range c.Fields {
		if o.addedField(f.Field) == "" {
			row.Fields = append(row.Fields, f)
			continue
		}
		e.added = true
		e.hasDeleted = e.hasDeleted || o.addedField(f.Field) == "deleted"
	}
	e.row = row
	return e, nil
}

// passedOver says of the name of a value's schema that it is of an event that is none of a row.
func passedOver(name string) bool {
	switch name {
	case "io.debezium.connector.common.Heartbeat", "io.debezium.connector.common.TransactionMetadataValue",
		"io.debezium.connector.common.Notification", "io.debezium.connector.postgresql.MessageValue":
		return true
	}
	return strings.HasPrefix(name, "io.debezium.connector.") &&
		(strings.HasSuffix(name, ".SchemaChangeValue") || strings.HasSuffix(name, ".MessageValue"))
}

// added are the names of the fields that ExtractNewRecordState adds on demand (add.fields), behind the prefix and, if it names a
// block of the event, "source_" or "transaction_".
var added = func() map[string]bool {
	names := map[string]bool{
		"transaction": true, "transaction_id": true, "transaction_total_order": true, "transaction_data_collection_order": true,
	}
	for name := range strings.FieldsSeq("op deleted version connector name ts_ms ts_us ts_ns snapshot db sequence schema table collection " +
		"txId lsn xmin file pos row gtid server_id thread query change_lsn commit_lsn event_serial_no scn commit_scn lcr_position rs_id ssn " +
		"redo_thread user_name redo_sql row_id start_scn start_ts_ms commit_ts_ms ord lsid txnNumber wallTime h tord stxnid origin origin_lsn") {
		names[name] = true
		names["source_"+name] = true
	}
	return names
}()

// addedField is what a field that ExtractNewRecordState added stands for: the name of a field of the source block, "op" or "deleted", or
// "-" for one that is of no use here. It is empty for a column.
func (o *Options) addedField(field string) string {
	rest, ok := strings.CutPrefix(field, o.AddedFieldPrefix)
	if !ok || !added[rest] {
		return ""
	}
	if name, ok := strings.CutPrefix(rest, "source_"); ok {
		return name
	}
	switch rest {
	case "ts_ms", "ts_us", "ts_ns": // when the connector looked at the event
		return "-"
	}
	if strings.HasPrefix(rest, "transaction") {
		return "-"
	}
	return rest
}
