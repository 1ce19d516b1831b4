package applog_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/applog"
	"github.com/ingestd/ingestd/txlog/schema"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestRecordsAreWhatTheSchemaSays(t *testing.T) {
	s, err := schema.ParseDDL(applog.DDL)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range s.Fields {
		known[f.Name] = true
	}
	g := applog.New(1, start)
	seen, levels := map[string]int{}, map[string]int{}
	before := start
	for range 5000 {
		b := g.Append(nil)
		var rec map[string]any
		if err := json.Unmarshal(b, &rec); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		for k := range rec {
			if seen[k]++; !known[k] {
				t.Fatalf("%s: %s is not in the schema", b, k)
			}
		}
		at, err := time.Parse(time.RFC3339Nano, rec["timestamp"].(string))
		if err != nil || at.Before(before) {
			t.Fatalf("%s after %s: %v", b, before, err)
		}
		before = at
		levels[rec["level"].(string)]++
	}
	for k := range known {
		if seen[k] == 0 {
			t.Errorf("%s never came", k)
		}
	}
	if levels["ERROR"] == 0 || levels["INFO"] < levels["WARN"] || seen["error"] != levels["ERROR"] {
		t.Errorf("levels %v, errors %d", levels, seen["error"])
	}
}

func TestTheSeedDecidesTheRecords(t *testing.T) {
	a, b, c := applog.New(7, start), applog.New(7, start), applog.New(8, start)
	var x, y, z []byte
	for range 100 {
		x, y, z = a.Append(x), b.Append(y), c.Append(z)
	}
	if !bytes.Equal(x, y) || bytes.Equal(x, z) {
		t.Error("the seed does not decide")
	}
}

func BenchmarkAppend(b *testing.B) {
	g := applog.New(1, start)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = g.Append(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}
