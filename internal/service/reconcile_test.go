package service

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

func reconcile(t *testing.T, f *config.File, o ReconcileOptions) *Reconciliation {
	t.Helper()
	r, err := Builder{}.Reconcile(t.Context(), f.Queries[0], o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// problems fails the test unless exactly those that hold one of the texts each are found.
func problems(t *testing.T, r *Reconciliation, want ...string) {
	t.Helper()
	if len(r.Problems) != len(want) {
		t.Fatalf("problems %q, want %q", r.Problems, want)
	}
	for i, text := range want {
		if !strings.Contains(r.Problems[i], text) {
			t.Errorf("problem %q, want %q", r.Problems[i], text)
		}
	}
}

// world is a topic of two partitions with 20 records and 2 that are none, all ingested.
func world(t *testing.T, more map[string]string) (*broker, *config.File, string) {
	t.Helper()
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 2)
	b.produce("events", 2, append(ids(0, 20), "nonsense", `{"id":null}`)...)
	f := b.query("events", dir+"/t", more)
	run(t, f)
	return b, f, dir
}

var offsets = map[string]string{"json": ", metadata: [topic, partition, offset]"}

func TestABalanceThatIsRight(t *testing.T) {
	b, f, _ := world(t, offsets)
	r := reconcile(t, f, ReconcileOptions{Count: true, Key: "id"})
	problems(t, r)
	if r.Offsets != 22 || r.Rows != 20 || r.Dead != 2 || r.Records != 22 || r.Duplicates != 0 || !r.OK() {
		t.Errorf("got %+v", r)
	}
	b.produce("events", 2, ids(20, 3)...)
	r = reconcile(t, f, ReconcileOptions{})
	problems(t, r)
	if p := r.Partitions; len(p) != 2 || p[0].Behind != 2 || p[1].Behind != 1 || p[0].Dead != 1 || p[1].Position != 11 {
		t.Errorf("behind: %+v", r)
	}
}

func TestRecordsThatWereDeletedBeforeTheyWereReadAreAGap(t *testing.T) {
	b, f, _ := world(t, nil)
	b.forget("events", 0, 5) // these were read
	problems(t, reconcile(t, f, ReconcileOptions{}))
	b.produce("events", 2, ids(20, 10)...)
	b.forget("events", 0, 14)
	problems(t, reconcile(t, f, ReconcileOptions{}), "gap: events/0: the table is at offset 11 but the source begins at 14: 3 offsets are lost")
}

func TestRowsThatAreThereTwiceAreFound(t *testing.T) {
	_, f, dir := world(t, offsets)
	tab, err := Tables{}.Open(t.Context(), dir+"/t")
	if err != nil {
		t.Fatal(err)
	}
	rows := tab.Scan(t.Context(), table.ScanOptions{Where: nil})
	again := func(yield func(arrow.RecordBatch, error) bool) {
		for rec, err := range rows {
			if err == nil {
				part := rec.NewSlice(0, 3)
				rec.Release()
				rec = part
			}
			yield(rec, err)
			return
		}
	}
	if _, err := tab.Append(t.Context(), again, table.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []ReconcileOptions{{}, {Key: "id"}, {Key: "id", Count: true}} {
		r := reconcile(t, f, o)
		problems(t, r, "duplicates: 3 rows too many for 3 values of")
		if r.Duplicates != 3 || r.OK() {
			t.Errorf("got %+v", r)
		}
	}
}

func TestWithoutOffsetColumnsOrAKeyDuplicatesCannotBeTold(t *testing.T) {
	_, f, _ := world(t, nil)
	if r := reconcile(t, f, ReconcileOptions{}); r.Duplicates != -1 || r.Records != -1 {
		t.Errorf("got %+v", r)
	}
	_, err := Builder{}.Reconcile(t.Context(), f.Queries[0], ReconcileOptions{Key: "idd"})
	if err == nil || !strings.HasSuffix(err.Error(), "has no column idd; did you mean id?") {
		t.Error(err)
	}
}

func TestProgressThatWentBackIsFound(t *testing.T) {
	_, f, dir := world(t, nil)
	tab, err := Tables{}.Open(t.Context(), dir+"/t")
	if err != nil {
		t.Fatal(err)
	}
	tx := tab.Snapshot().Begin(txlog.Operation{Name: "WRITE"})
	tx.Stage(&action.Txn{AppID: "q/events/0", Version: 4})
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	problems(t, reconcile(t, f, ReconcileOptions{}), "takes events/0 back from offset 11 to 4")
}

func TestATopicThatWasRecreatedIsFound(t *testing.T) {
	b, f, _ := world(t, nil)
	b.topic("events", 1)
	problems(t, reconcile(t, f, ReconcileOptions{}),
		"events/0: the table is at offset 11 but the source ends at 0: was the topic recreated?", "events/1 is in the table but no longer in the source")
}

func TestRecordsThatAreNowhereAreFound(t *testing.T) {
	b, f, _ := world(t, nil)
	b.produce("events", 2, ids(20, 2)...)
	skip := *f.Queries[0]
	skip.Operators = []config.Operator{{SQL: "SELECT * FROM input WHERE id <> 21"}}
	run(t, &config.File{Queries: []*config.Query{&skip}})
	problems(t, reconcile(t, f, ReconcileOptions{}))
	problems(t, reconcile(t, f, ReconcileOptions{Count: true}), "the source has 24 records in the offsets consumed, the table 21 rows and the dead letters 2: 1 unaccounted for")
	problems(t, reconcile(t, &config.File{Queries: []*config.Query{&skip}}, ReconcileOptions{Count: true}))
}

func TestRecordsThatAreDroppedOnPurposeAreNoProblem(t *testing.T) {
	_, f, _ := world(t, map[string]string{"json": ", on_error: drop"})
	r := reconcile(t, f, ReconcileOptions{Count: true})
	problems(t, r)
	if r.Records != 22 || r.Rows != 20 || r.Dead != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestDeadLettersRefusedAgainAreCountedOnce(t *testing.T) {
	_, f, _ := world(t, nil)
	replay(t, f, Builder{})
	r := reconcile(t, f, ReconcileOptions{Count: true})
	problems(t, r)
	if r.Dead != 2 || r.Rows != 20 {
		t.Errorf("got %+v", r)
	}
}

func TestWhatCannotBeReconciledSaysSo(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 1)
	f := b.query("events", dir+"/t", nil)
	if _, err := (Builder{}).Reconcile(context.WithoutCancel(t.Context()), f.Queries[0], ReconcileOptions{}); err == nil || !strings.Contains(err.Error(), "query q: ") || !notATable(err) {
		t.Errorf("without a table: %v", err)
	}
	f.Queries[0].Sink = config.Sink{Console: &config.Console{}}
	if _, err := (Builder{}).Reconcile(t.Context(), f.Queries[0], ReconcileOptions{}); err == nil || !strings.Contains(err.Error(), "only a delta sink") {
		t.Errorf("a console sink: %v", err)
	}
}
