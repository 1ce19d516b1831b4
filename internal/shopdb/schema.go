package shopdb

import "strconv"

var customerColumns = []column{
	{name: "id", kind: bigint, notNull: true},
	{name: "name", kind: text, notNull: true},
	{name: "email", kind: text},
	{name: "credit", kind: numeric, precision: 12, notNull: true, fallback: `"AA=="`},
	{name: "newsletter", kind: boolean, notNull: true, fallback: "false"},
	{name: "born", kind: date},
	{name: "preferences", kind: jsonb},
	{name: "biography", kind: text, external: true},
	{name: "created_at", kind: timestamptz, notNull: true, fallback: `"1970-01-01T00:00:00.000000Z"`},
}

var orderColumns = []column{
	{name: "id", kind: bigint, notNull: true},
	{name: "customer_id", kind: bigint, notNull: true},
	{name: "status", kind: text, notNull: true},
	{name: "total", kind: numeric, precision: 10, notNull: true, fallback: `"AA=="`},
	{name: "gift", kind: boolean},
	{name: "items", kind: jsonb},
	{name: "note", kind: text},
	{name: "ship_on", kind: date},
	{name: "placed_at", kind: timestamp, notNull: true, fallback: "0"},
	{name: "paid_at", kind: timestamptz},
}

// types are Kafka Connect's types of columns, and their semantic types.
var types = [...]struct{ connect, semantic string }{
	bigint: {connect: "int64"}, text: {connect: "string"}, boolean: {connect: "boolean"},
	numeric:     {"bytes", "org.apache.kafka.connect.data.Decimal"},
	date:        {"int32", "io.debezium.time.Date"},
	jsonb:       {"string", "io.debezium.data.Json"},
	timestamp:   {"int64", "io.debezium.time.MicroTimestamp"},
	timestamptz: {"string", "io.debezium.time.ZonedTimestamp"},
}

// schema is that of a column as JsonConverter writes it.
func (c column) schema() string {
	s := `{"type":"` + types[c.kind].connect + `","optional":` + strconv.FormatBool(!c.notNull)
	if name := types[c.kind].semantic; name != "" {
		s += `,"name":"` + name + `","version":1`
	}
	if c.kind == numeric {
		s += `,"parameters":{"scale":"2","connect.decimal.precision":"` + strconv.Itoa(int(c.precision)) + `"}`
	}
	if c.fallback != "" {
		s += `,"default":` + c.fallback
	}
	return s + `,"field":"` + c.name + `"}`
}

// envelopeFields are the fields that follow before and after.
const envelopeFields = `{"type":"struct","fields":[` +
	`{"type":"string","optional":false,"field":"version"},{"type":"string","optional":false,"field":"connector"},` +
	`{"type":"string","optional":false,"field":"name"},{"type":"int64","optional":false,"field":"ts_ms"},` +
	`{"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,"parameters":{"allowed":` +
	`"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},"default":"false","field":"snapshot"},` +
	`{"type":"string","optional":false,"field":"db"},{"type":"string","optional":true,"field":"sequence"},` +
	`{"type":"int64","optional":true,"field":"ts_us"},{"type":"int64","optional":true,"field":"ts_ns"},` +
	`{"type":"string","optional":false,"field":"schema"},{"type":"string","optional":false,"field":"table"},` +
	`{"type":"int64","optional":true,"field":"txId"},{"type":"int64","optional":true,"field":"lsn"},` +
	`{"type":"int64","optional":true,"field":"xmin"},{"type":"string","optional":true,"field":"origin"},` +
	`{"type":"int64","optional":true,"field":"origin_lsn"}],` +
	`"optional":false,"name":"io.debezium.connector.postgresql.Source","version":1,"field":"source"},` +
	`{"type":"struct","fields":[{"type":"string","optional":false,"field":"id"},{"type":"int64","optional":false,"field":"total_order"},` +
	`{"type":"int64","optional":false,"field":"data_collection_order"}],"optional":true,"name":"event.block","version":1,"field":"transaction"},` +
	`{"type":"string","optional":false,"field":"op"},{"type":"int64","optional":true,"field":"ts_ms"},` +
	`{"type":"int64","optional":true,"field":"ts_us"},{"type":"int64","optional":true,"field":"ts_ns"}`
