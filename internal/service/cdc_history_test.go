package service

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/shopdb"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
)

// happen sends the next events of a database.
func (b *broker) happen(db *shopdb.Database, n int) {
	b.t.Helper()
	for range n {
		e, _ := db.Next(nil)
		rec := &kgo.Record{Topic: e.Topic, Key: e.Key, Value: e.Value}
		for _, h := range e.Headers {
			rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: h.Name, Value: []byte(h.Value)})
		}
		b.client.Produce(b.t.Context(), rec, nil)
	}
	if err := b.client.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// currently are the rows of a table of history that have no end, in some columns; whole are all.
func currently(t *testing.T, location string, columns []string) (rows []string, whole int) {
	t.Helper()
	tab, err := (Tables{}).Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{Columns: append(slices.Clone(columns), changes.EndColumn)}) {
		if err != nil {
			t.Fatal(err)
		}
		end := int(rec.NumCols()) - 1
		for i, r := range arrowtest.Rows(rec) {
			if rec.Column(end).IsNull(i) {
				rows = append(rows, r)
			}
		}
		whole += int(rec.NumRows())
		rec.Release()
	}
	slices.Sort(rows)
	return rows, whole
}

func TestTheCurrentVersionsOfAHistoryAreTheDatabase(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	db := shopdb.New(7, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "shop")
	for _, topic := range db.Topics() {
		b.topic(topic, 1)
	}
	f := cdcFile(t, b, dir, `shop\..*`, "")
	d := f.Queries[0].Sink.Delta
	d.SCDType, d.TableProperties = 2, map[string]string{"delta.enableChangeDataFeed": "true"}
	const n = 6_000
	db.EndAfter(n)
	for range 3 {
		b.happen(db, n/3)
		run(t, f)
	}
	if c := db.Counts(); c.KeyChanges == 0 || c.Deletes == 0 || c.Updates == 0 {
		t.Fatalf("%+v", c)
	}
	isTheDatabase(t, db, dir)
	f.Queries[0].Sink.Delta.SCDType = 1 // of the same tables
	db.EndAfter(n + 20)
	b.happen(db, 20)
	run(t, f)
	for letters, err := range (Builder{}).Waiting(t.Context(), f.Queries[0], true) {
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range letters {
			if !strings.Contains(l.Reason, "set scd_type to 2") {
				t.Error(l.Reason)
			}
		}
	}
	f.Queries[0].Sink.Delta.SCDType = 2
	replay(t, f, Builder{Logger: slog.New(slog.DiscardHandler)})
	isTheDatabase(t, db, dir)
}

// isTheDatabase says whether the versions without an end are what a database has.
func isTheDatabase(t *testing.T, db *shopdb.Database, dir string) {
	t.Helper()
	for i, name := range db.Tables() {
		want := db.Rows(name)
		var columns, rows []string
		for _, f := range want.Schema().Fields() {
			columns = append(columns, f.Name)
		}
		for _, r := range arrowtest.Rows(want) {
			rows = append(rows, r+changes.EndColumn+"=null;")
		}
		want.Release()
		slices.Sort(rows)
		got, whole := currently(t, dir+"/"+db.Topics()[i], columns)
		if !slices.Equal(got, rows) {
			t.Errorf("%s: %d rows are current, and the database has %d", name, len(got), len(rows))
			for j := range min(len(got), len(rows)) {
				if got[j] != rows[j] {
					t.Fatalf("%s\n%s", got[j], rows[j])
				}
			}
		}
		if whole <= len(rows) {
			t.Errorf("%s: there is no history", name)
		}
	}
}

func TestADryRunShowsTheVersionsThatASampleMakes(t *testing.T) {
	b, dir, f, _ := shop(t)
	f.Queries[0].Sink.Delta.SCDType = 2
	b.change("a", "c", 1, 1, `"x"`)
	run(t, f)
	b.change("a", "u", 1, 2, `"y"`)
	b.change("a", "d", 1, 3, `null`)
	before := snapshot(t, dir)
	d := dryRun(t, f, 100)
	t.Cleanup(d.Release)
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("the dry run changed files")
	}
	if len(d.Tables) != 1 || d.Tables[0].NumRows != 2 || len(d.Tables[0].Table.New) != 0 || len(d.Rejected) != 0 {
		t.Fatalf("got %+v", d)
	}
}
