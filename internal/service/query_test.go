package service

import (
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
)

func TestTheTighterLimitHolds(t *testing.T) {
	kafka := func(c config.Kafka) config.Query { return config.Query{Source: config.Source{Kafka: &c}} }
	for name, tt := range map[string]struct {
		query config.Query
		want  stream.Limits
	}{
		"none":            {kafka(config.Kafka{}), stream.Limits{}},
		"kafka's":         {kafka(config.Kafka{MaxOffsetsPerTrigger: 5, MinOffsetsPerTrigger: 2, MaxTriggerDelay: time.Second}), stream.Limits{MaxRows: 5, MinRows: 2, MaxAge: time.Second}},
		"no source":       {config.Query{Batch: config.Batch{MaxRows: 7, MaxBytes: 9}}, stream.Limits{MaxRows: 7, MaxBytes: 9}},
		"kafka's tighter": {with(kafka(config.Kafka{MaxOffsetsPerTrigger: 5}), config.Batch{MaxRows: 7}), stream.Limits{MaxRows: 5}},
		"batch's tighter": {with(kafka(config.Kafka{MaxOffsetsPerTrigger: 5, MaxTriggerDelay: time.Minute}), config.Batch{MaxRows: 3, MaxAge: time.Second}), stream.Limits{MaxRows: 3, MaxAge: time.Second}},
	} {
		if got := limits(&tt.query); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func with(q config.Query, b config.Batch) config.Query {
	q.Batch = b
	return q
}

func TestACheckpointIsKeptWhereAskedFor(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 1)
	b.produce("events", 1, ids(0, 3)...)
	f := b.query("events", dir+"/t", map[string]string{"rest": "checkpoint_location: " + dir + "/c"})
	run(t, f)
	run(t, f)
	files := snapshot(t, dir)
	for _, want := range []string{"c/offsets/0", "c/commits/0", "c/metadata"} {
		if _, ok := files[want]; !ok {
			t.Errorf("%s is missing", want)
		}
	}
	if n := rows(t, dir+"/t"); n != 3 {
		t.Errorf("%d rows", n)
	}
}

func TestRecordsThatDoNotFitGoWhereTheFileSays(t *testing.T) {
	b := newBroker(t)
	b.topic("events", 1)
	b.produce("events", 1, `{"id":1}`, `{"id":"x"}`, "nonsense")
	for onError, want := range map[string]struct{ rows, dead int64 }{
		"dead_letter": {1, 2}, "drop": {1, 0}, "rescue": {2, 1},
	} {
		dir := t.TempDir()
		run(t, b.query("events", dir+"/t", map[string]string{"schema": "id INT", "json": ", on_error: " + onError, "rest": "dead_letter: {table: " + dir + "/dead}"}))
		if n := rows(t, dir+"/t"); n != want.rows {
			t.Errorf("%s: %d rows, want %d", onError, n, want.rows)
		}
		if want.dead > 0 {
			if n := rows(t, dir+"/dead"); n != want.dead {
				t.Errorf("%s: %d dead letters, want %d", onError, n, want.dead)
			}
		} else if _, err := (Tables{}).Open(t.Context(), dir+"/dead"); !notATable(err) {
			t.Errorf("%s: dead letters: %v", onError, err)
		}
	}
	dir := t.TempDir()
	err := Run{File: b.query("events", dir+"/t", map[string]string{"json": ", on_error: fail"}), Logger: discard}.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "events/0") || !strings.Contains(err.Error(), "offset 1") {
		t.Errorf("fail: %v", err)
	}
}

func TestOlderVersionsOpenByNumberAndMoment(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 1)
	b.produce("events", 1, ids(0, 3)...)
	run(t, b.query("events", dir+"/t", nil))
	first, late := int64(0), time.Now().Add(time.Hour)
	for _, tt := range []struct {
		at   AsOf
		rows int64
	}{{AsOf{}, 3}, {AsOf{Version: &first}, 0}, {AsOf{Time: &late}, 3}} {
		tab, err := Tables{}.OpenAsOf(t.Context(), dir+"/t", tt.at)
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			n += rec.NumRows()
			rec.Release()
		}
		if n != tt.rows {
			t.Errorf("%+v: %d rows, want %d", tt.at, n, tt.rows)
		}
	}
	if _, err := (Tables{}).Open(t.Context(), "ftp://host/t"); err == nil {
		t.Error("ftp:// opens")
	}
}
