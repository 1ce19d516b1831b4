package debezium

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Events that are made to cost much are refused before they do.
func TestHostileEventsAreRefusedAndCostLittle(t *testing.T) {
	column := func(schema, value string) (key, event string) {
		return idKey, envelope("["+idField+`,{`+schema+`,"field":"c"}]`, "c", "null", `{"id":1,"c":`+value+`}`, pgSource)
	}
	var wide []string
	for i := range maxColumns + 1 {
		wide = append(wide, fmt.Sprintf(`{"type":"int32","optional":true,"field":"c%d"}`, i))
	}
	deep := strings.Repeat(`{"type":"array","items":`, 1000) + `{"type":"int32"}` + strings.Repeat("}", 1000)
	for name, event := range map[string]func() (string, string){
		"a scale that makes a text of gigabytes": func() (string, string) { return column(variableScale, `{"scale":2000000000,"value":"AQ=="}`) },
		"a scale that fits no number":            func() (string, string) { return column(variableScale, `{"scale":99999999999999999999,"value":"AQ=="}`) },
		"a number with an exponent of millions":  func() (string, string) { return column(decimalSchema("2", "5"), "1e1000000") },
		"a number with a small exponent":         func() (string, string) { return column(decimalSchema("2", "5"), "1e-1000000") },
		"a number of many digits":                func() (string, string) { return column(decimalSchema("2", "5"), strings.Repeat("9", 100_000)) },
		"an unscaled number of many bytes":       func() (string, string) { return column(decimalSchema("2", "400"), b64(make([]byte, 1<<20)...)) },
		"a value that is nested deep":            func() (string, string) { return `{"id":1}`, `{"id":1,"c":` + strings.Repeat("[", 1_000_000) },
		"a schema that is nested deep":           func() (string, string) { return column(deep[1:len(deep)-1], "null") },
		"a schema of very many columns": func() (string, string) {
			return idKey, envelope("["+strings.Join(wide, ",")+"]", "c", "null", "{}", pgSource)
		},
		"a row of very many columns and no schema": func() (string, string) { return `{"id":1}`, manyMembers() },
	} {
		key, value := event()
		_, task := newTask(t, Options{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := decodeWith(t, task, chunk("s.t", key, value))
		runtime.ReadMemStats(&after)
		if len(got.rows) > 0 || len(got.reasons) != 1 || len(got.reasons[0]) > 1000 {
			t.Errorf("%s: %d rows, %.300v", name, len(got.rows), got.reasons)
		}
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+64*len(value)); used > most {
			t.Errorf("%s: %d bytes for an event of %d", name, used, len(value))
		}
	}
}

func manyMembers() string {
	var b strings.Builder
	b.WriteString(`{"id":1`)
	for i := range maxColumns {
		fmt.Fprintf(&b, `,"c%d":1`, i)
	}
	return b.String() + "}"
}

func TestSchemasThatAreForgottenAreLearntAnew(t *testing.T) {
	_, task := newTask(t, Options{})
	task.groups.keep = 100
	for i := range 3 {
		var recs []string
		for k := range 22 {
			fields := []string{idField}
			for c := range 9 {
				fields = append(fields, fmt.Sprintf(`{"type":"int8","optional":true,"field":"c%d_%d"}`, k, c))
			}
			recs = append(recs, idKey, `{"schema":{"type":"struct","fields":[`+strings.Join(fields, ",")+`]},"payload":{"id":1}}`)
		}
		batches, rejected, err := task.DecodeAll("p/0", chunk("s.t", recs...))
		if err != nil || len(rejected) > 0 || len(batches) != len(recs)/2 {
			t.Fatal(err, len(rejected), len(batches))
		}
		for _, b := range batches {
			b.Release()
		}
		if i > 0 && len(task.groups.all) > len(recs)/2 {
			t.Errorf("%d groups are kept", len(task.groups.all))
		}
	}
}
