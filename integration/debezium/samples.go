package main

import (
	"maps"
	"slices"
	"strings"
)

// A sample is one way to set Debezium up.
type sample struct {
	name   string
	tables []string          // of the schema public; empty: all there are
	config map[string]string // added to the connector's
	signal string            // a signal to Debezium after all other changes
}

// with is the sample with more configuration, under another name.
func (s sample) with(name string, config map[string]string) sample {
	s.name, s.config = name, maps.Clone(s.config)
	if s.config == nil {
		s.config = map[string]string{}
	}
	maps.Copy(s.config, config)
	return s
}

// embedded is the sample with the schema in each record.
func (s sample) embedded() sample {
	return s.with(s.name+"-schemas", map[string]string{"key.converter.schemas.enable": "true", "value.converter.schemas.enable": "true"})
}

// modes are samples of some tables in each mode of an option, without schemas and with.
func modes(option string, values []string, tables ...string) []sample {
	short, _, _ := strings.Cut(option, ".")
	var all []sample
	for _, value := range values {
		s := sample{tables: tables}.with(short+"-"+strings.ReplaceAll(value, "_", "-"), map[string]string{option: value})
		all = append(all, s, s.embedded())
	}
	return all
}

func samples() []sample {
	plain := sample{name: "plain"}
	items := sample{tables: []string{"items", "items_full", "composite_keys", "emptied"}}
	flat := items.with("flat", map[string]string{
		"transforms":             "unwrap",
		"transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
	})
	deletes := func(mode string) map[string]string {
		return map[string]string{
			"transforms.unwrap.delete.tombstone.handling.mode": mode,
			"transforms.unwrap.add.fields":                     "op,table,lsn,source.ts_ms,source.sequence",
		}
	}
	rewrite := flat.with("flat-rewrite", deletes("rewrite"))
	return slices.Concat([]sample{plain, plain.embedded()},
		modes("decimal.handling.mode", []string{"precise", "double", "string"}, "numbers", "odd_numbers", "numeric_arrays"),
		modes("time.precision.mode", []string{"adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds"},
			"times", "odd_times", "time_arrays"),
		modes("interval.handling.mode", []string{"numeric", "string"}, "intervals"),
		modes("binary.handling.mode", []string{"bytes", "base64", "base64-url-safe", "hex"}, "binaries"),
		modes("hstore.handling.mode", []string{"json", "map"}, "hstores"),
		[]sample{
			flat,
			flat.with("flat-drop", deletes("drop")),
			flat.with("flat-tombstone", deletes("tombstone")),
			flat.with("flat-rewrite-with-tombstone", deletes("rewrite-with-tombstone")),
			flat.with("flat-delete-to-tombstone", deletes("delete-to-tombstone")),
			rewrite, rewrite.embedded(),
			rewrite.with("flat-headers", map[string]string{
				"transforms.unwrap.add.fields":        "",
				"transforms.unwrap.add.headers":       "op,table,lsn,source.ts_ms",
				"transforms.unwrap.add.fields.prefix": "",
			}),
			items.with("transactions", map[string]string{"provide.transaction.metadata": "true", "heartbeat.interval.ms": "500"}),
			items.with("no-tombstones", map[string]string{"tombstones.on.delete": "false", "unavailable.value.placeholder": "nothing to see"}),
			sample{tables: []string{"no_key"}}.with("key-columns", map[string]string{"message.key.columns": "public.no_key:x"}),
			sample{tables: []string{"others"}}.with("unknown-types", map[string]string{"include.unknown.datatypes": "true"}),
			sample{tables: []string{"items", "signals"}, signal: `INSERT INTO signals VALUES ('once', 'execute-snapshot',
				'{"data-collections": ["public.items"], "type": "incremental"}')`}.
				with("incremental", map[string]string{"signal.data.collection": "public.signals"}),
		})
}
