//go:build integration

package badinput

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/integration/parts"
)

func TestMalformedRecordsAreKeptWithTheirBytesAndTheReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	bad := map[int64]string{ // by offset
		1: "not JSON", 2: "", 3: `{"id":"one"}`, 4: `{"id":null}`, 5: `{"id":99999999999}`, 6: "\xff\xfe\x00", 7: `{"id":1`, 8: `[]`, 9: `{"id":1} trailing`,
	}
	w.produce(`{"id":0}`)
	for i := int64(1); i <= 9; i++ {
		if err := w.client.ProduceSync(t.Context(), &kgo.Record{Key: []byte("key"), Value: []byte(bad[i])}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.client.ProduceSync(t.Context(), &kgo.Record{}).FirstErr(); err != nil { // a tombstone: no value at all
		t.Fatal(err)
	}
	w.ids(1, 2)
	for range 2 { // the second run finds nothing new
		w.works(setting{})
	}
	w.holds(w.table(), 3)
	rows := w.query(fmt.Sprintf("SELECT * FROM delta('%s_dead_letter') ORDER BY \"offset\"", w.table()))
	if len(rows) != 10 {
		t.Fatalf("%d dead letters, want 10: %v", len(rows), rows)
	}
	for i, row := range rows {
		want := bad[int64(i+1)]
		value, _ := row["value"].(string)
		raw, err := base64.StdEncoding.DecodeString(value)
		if err != nil || string(raw) != want || (i == 9) != (row["value"] == nil) {
			t.Errorf("offset %d: the bytes are %q, want %q", i+1, raw, want)
		}
		if row["offset"] != float64(i+1) || row["topic"] != w.topic || row["partition"] != 0.0 || row["query"] != "q" || row["reason"] == "" || row["timestamp"] == nil {
			t.Errorf("offset %d: %v", i+1, row)
		}
		if i < 9 && row["key"] != base64.StdEncoding.EncodeToString([]byte("key")) {
			t.Errorf("offset %d: the key is %v", i+1, row["key"])
		}
	}
	if e := w.run("reconcile", w.file(setting{}), "--count", "--key", "id"); e.code != 0 {
		t.Errorf("reconcile: %s%s", e.stdout, e.stderr)
	}
}

func TestOnErrorFailNamesTheRecordAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	w.ids(0, 3)
	w.works(setting{})
	w.produce("not JSON")
	w.ids(3, 2)
	w.refused(1, setting{json: ", on_error: fail"}, w.topic+"/0", "offset 3", "not JSON")
	w.holds(w.table(), 3)
	w.works(setting{})
	w.holds(w.table(), 5)
}
