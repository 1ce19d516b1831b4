package service

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream"
)

var (
	fixed   = time.Now()
	discard = slog.New(slog.DiscardHandler)
)

func dryRun(t *testing.T, f *config.File, sample int64) *DryRun {
	t.Helper()
	_, b := load(t, "name: x\nsource: {kafka: {brokers: [\"b:1\"], topics: [t]}}\nsink: {delta: {table: x}}")
	d, err := b.DryRun(t.Context(), f.Queries[0], sample, fixed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, rec := range d.Rows {
			rec.Release()
		}
	})
	return d
}

func TestADryRunWritesNothing(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 2)
	b.produce("events", 2, append(ids(0, 20), "nonsense")...)
	f := b.query("events", dir+"/t", map[string]string{"kafka": ", group_id: watched", "rest": "checkpoint_location: " + dir + "/checkpoint"})
	if dryRun(t, f, 100); len(snapshot(t, dir)) != 0 {
		t.Errorf("without a table: there are files %v", slices.Sorted(maps.Keys(snapshot(t, dir))))
	}
	run(t, f)
	b.produce("events", 2, append(ids(20, 4), `{"id":"x"}`)...)
	offsets, err := b.admin.FetchOffsets(t.Context(), "watched")
	if err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	if d := dryRun(t, f, 1000); d.Records != 26 || d.NumRows != 24 || len(d.Rejected) != 2 || !d.Table.Exists {
		t.Errorf("got %+v", d)
	}
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("the dry run changed files")
	}
	after, err := b.admin.FetchOffsets(t.Context(), "watched")
	if err != nil {
		t.Fatal(err)
	}
	for p, o := range after.KOffsets()["events"] {
		if o != offsets.KOffsets()["events"][p] {
			t.Errorf("the dry run moved the group at partition %d", p)
		}
	}
}

func TestADryRunReadsTheNewestRecordsOnly(t *testing.T) {
	b := newBroker(t)
	b.topic("events", 2)
	b.produce("events", 2, ids(0, 100)...)
	d := dryRun(t, b.query("events", t.TempDir(), nil), 10)
	if d.Records != 10 || d.NumRows != 10 || d.Forecast.RecordsLastDay != 100 || d.Forecast.RowsPerDay != 100 {
		t.Errorf("got %+v", d)
	}
	b.topic("empty", 1)
	if d := dryRun(t, b.query("empty", t.TempDir(), nil), 10); d.Records != 0 || d.Forecast != (Forecast{}) || d.Schema == nil {
		t.Errorf("of an empty topic: %+v", d)
	}
}

func TestADryRunTellsWhatTheTableWouldSay(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 1)
	b.produce("events", 1, `{"id":1,"a":1,"b":1}`)
	run(t, b.query("events", dir+"/t", map[string]string{"schema": "id INT NOT NULL, a INT", "delta": ", partition_by: [a]"}))
	for _, tt := range []struct {
		schema, delta, refused, added, missing string
	}{
		{"id INT NOT NULL, a INT", "", "", "", ""},
		{"id INT NOT NULL, a INT, b INT", ", merge_schema: true", "", "b", ""},
		{"id INT NOT NULL, a INT, b INT", "", "b", "b", ""},
		{"id INT NOT NULL", "", "", "", "a"},
		{"id INT NOT NULL, a STRING", "", "column a is int in the table", "", ""},
		{"a INT, b INT", ", merge_schema: true", "id", "b", "id"},
		{"id INT NOT NULL, a INT", ", partition_by: [id]", "partitioned by [a], not by [id]", "", ""},
	} {
		d := dryRun(t, b.query("events", dir+"/t", map[string]string{"schema": tt.schema, "delta": tt.delta}), 10).Table
		refused := ""
		if d.Refused != nil {
			refused = d.Refused.Error()
		}
		if !strings.Contains(refused, tt.refused) || (tt.refused == "") != (refused == "") {
			t.Errorf("%s%s: refused %q, want %q", tt.schema, tt.delta, refused, tt.refused)
		}
		if strings.Join(d.New, ",") != tt.added || strings.Join(d.Missing, ",") != tt.missing {
			t.Errorf("%s: new %v, missing %v", tt.schema, d.New, d.Missing)
		}
	}
}

func TestTheForecastCountsBatchesOfADay(t *testing.T) {
	minute := time.Minute
	out := committedOf(10, 1000, 2)
	for _, tt := range []struct {
		query config.Query
		files int64
	}{
		{config.Query{}, 0},
		{config.Query{Trigger: config.Trigger{ProcessingTime: &minute}}, 2 * 1440},
		{config.Query{Batch: config.Batch{MaxAge: time.Hour}, Trigger: config.Trigger{ProcessingTime: &minute}}, 2 * 24},
	} {
		if f := forecast(&tt.query, 20, out, 2_000_000); f.FilesPerDay != tt.files || f.RowsPerDay != 1_000_000 || f.BytesPerDay != 100_000_000 {
			t.Errorf("got %+v, want %d files", f, tt.files)
		}
	}
}

func committedOf(rows, bytes, files int64) stream.Committed {
	return stream.Committed{Rows: rows, Bytes: bytes, Files: files}
}
