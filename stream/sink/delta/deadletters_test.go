package delta

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/streamtest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// letters are the records of a batch of dead letters.
func letters(rec arrow.RecordBatch) []streamtest.Row {
	var out []streamtest.Row
	for i := range int(rec.NumRows()) {
		out = append(out, streamtest.Row{
			Partition: fmt.Sprintf("%s/%d", rec.Column(3).(*array.String).Value(i), rec.Column(4).(*array.Int32).Value(i)),
			Offset:    rec.Column(5).(*array.Int64).Value(i),
			Value:     string(rec.Column(8).(*array.Binary).Value(i)),
		})
	}
	return out
}

func rejected(partition int32, offset int64) stream.Rejected {
	return stream.Rejected{Reason: "not JSON", Record: stream.Record{Topic: "t", Partition: partition, Offset: offset, Value: []byte(fmt.Sprint("v", offset))}}
}

func beginLetters(t *testing.T, d *DeadLetters, id stream.BatchID) stream.DeadLetterWriter {
	t.Helper()
	w, err := d.Begin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// put runs a batch of partition t/0 that rejects records.
func put(t *testing.T, d *DeadLetters, from, to int64, offsets ...int64) {
	t.Helper()
	w := beginLetters(t, d, stream.BatchID{Query: "q", From: stream.Offsets{"t/0": from}})
	for _, o := range offsets {
		if err := w.Add(t.Context(), "t/0", []stream.Rejected{rejected(0, o)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context(), stream.Offsets{"t/0": to}); err != nil {
		t.Fatal(err)
	}
}

func closeLetters(t *testing.T, d *DeadLetters) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func expectOffsets(t *testing.T, store objstore.Store, want ...int64) {
	t.Helper()
	var rows []streamtest.Row
	for _, o := range want {
		rows = append(rows, streamtest.Row{Partition: "t/0", Offset: o, Value: fmt.Sprint("v", o)})
	}
	expectSet(t, "dead letters", letterRows(t, store), rows)
}

func TestDeadLettersKeepAllThatIsKnown(t *testing.T) {
	store := mem.New()
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	w := beginLetters(t, d, stream.BatchID{Query: "q", ID: 7})
	full := stream.Rejected{Reason: "not JSON", Record: stream.Record{
		Key: []byte{0, 255}, Value: []byte("{"), Topic: "t", Partition: 3, Offset: 12, Timestamp: time.UnixMicro(1_700_000_000_000_001),
		Headers: []stream.Header{{Key: "a", Value: []byte("1")}, {Key: "b"}},
	}}
	empty := stream.Rejected{Reason: "null", Record: stream.Record{Topic: "t", Partition: 3, Offset: 13}}
	if err := w.Add(t.Context(), "t/3", []stream.Rejected{full, empty}); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), stream.Offsets{"t/3": 20}); err != nil {
		t.Fatal(err)
	}
	tab := openTable(t, store)
	var rows []string
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{Columns: []string{"query", "batch_id", "reason", "topic", "partition", "offset", "timestamp", "key", "value", "headers"}}) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, arrowtest.Rows(rec)...)
		rec.Release()
	}
	want := []string{
		`query="q";batch_id=7;reason="not JSON";topic="t";partition=3;offset=12;timestamp=1700000000000001;key="\x00\xff";value="{";headers=[{"a","1",},{"b",null,},];`,
		`query="q";batch_id=7;reason="null";topic="t";partition=3;offset=13;timestamp=null;key=null;value=null;headers=null;`,
	}
	if len(rows) != 2 || rows[0] != want[0] || rows[1] != want[1] {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	if v, ok := tab.Snapshot().Txn("q/t/3"); !ok || v != 20 {
		t.Errorf("txn %d, %v", v, ok)
	}
}

func TestTheTableIsMadeForTheFirstDeadLetter(t *testing.T) {
	store := mem.New()
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	put(t, d, 0, 10)
	w := beginLetters(t, d, stream.BatchID{Query: "q"})
	if err := w.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	var absent *txlog.NotATableError
	if _, err := table.Open(t.Context(), store); !errors.As(err, &absent) {
		t.Errorf("%v", err)
	}
	put(t, d, 10, 20, 15)
	expectOffsets(t, store, 15)
}

func TestABatchThatRunsAgainAddsNothing(t *testing.T) {
	store := mem.New()
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	put(t, d, 0, 10, 3, 7)
	put(t, d, 0, 10, 3, 7)
	put(t, d, 0, 5, 3)             // cut shorter
	put(t, d, 0, 15, 3, 7, 11, 12) // cut longer
	again := NewDeadLetters(options(store))
	defer closeLetters(t, again)
	put(t, again, 0, 15, 3, 7, 11, 12)
	expectOffsets(t, store, 3, 7, 11, 12)
}

func TestDeadLettersOfAPartitionThatBeganAnewAreKept(t *testing.T) {
	store := mem.New()
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	put(t, d, 0, 100, 50)
	put(t, d, 100, 0) // the topic was recreated, the query is set back
	put(t, d, 0, 10, 5)
	expectOffsets(t, store, 5, 50)
}

func TestAnAbortedBatchOfDeadLettersIsNotThere(t *testing.T) {
	store := mem.New()
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	w := beginLetters(t, d, stream.BatchID{Query: "q"})
	if err := w.Add(t.Context(), "t/0", []stream.Rejected{rejected(0, 1)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	put(t, d, 0, 10, 1)
	expectOffsets(t, store, 1)
}

func TestRivalsOfDeadLettersAreFenced(t *testing.T) {
	store := mem.New()
	a, b := NewDeadLetters(options(store)), NewDeadLetters(options(store))
	defer closeLetters(t, a)
	defer closeLetters(t, b)
	put(t, a, 0, 1, 0)
	slow := beginLetters(t, a, stream.BatchID{Query: "q"})
	if err := slow.Add(t.Context(), "t/0", []stream.Rejected{rejected(0, 1)}); err != nil {
		t.Fatal(err)
	}
	put(t, b, 1, 10, 1, 2)
	if err := slow.Commit(t.Context(), stream.Offsets{"t/0": 2}); !errors.Is(err, stream.ErrFenced) {
		t.Errorf("%v", err)
	}
	put(t, a, 1, 10, 1, 2)
	expectOffsets(t, store, 0, 1, 2)
}

func TestQueriesShareATableOfDeadLetters(t *testing.T) {
	store := mem.New()
	var wg sync.WaitGroup
	for q := range 4 {
		wg.Go(func() {
			d := NewDeadLetters(options(store))
			defer closeLetters(t, d)
			for i := range int64(3) {
				w, err := d.Begin(t.Context(), stream.BatchID{Query: fmt.Sprint("q", q), ID: i})
				if err != nil {
					t.Error(err)
					return
				}
				if err := w.Add(t.Context(), "t/0", []stream.Rejected{rejected(0, i)}); err != nil {
					t.Error(err)
				}
				if err := w.Commit(t.Context(), stream.Offsets{"t/0": i + 1}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if rows := letterRows(t, store); len(rows) != 12 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestManyWorkersAddManyDeadLetters(t *testing.T) {
	store := mem.New()
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	w := beginLetters(t, d, stream.BatchID{Query: "q"})
	var wg sync.WaitGroup
	for p := range int32(4) {
		wg.Go(func() {
			for o := int64(0); o < 5000; o += 500 {
				var recs []stream.Rejected
				for i := range int64(500) {
					recs = append(recs, rejected(p, o+i))
				}
				if err := w.Add(t.Context(), fmt.Sprintf("t/%d", p), recs); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := w.Commit(t.Context(), stream.Offsets{"t/0": 5000, "t/1": 5000, "t/2": 5000, "t/3": 5000}); err != nil {
		t.Fatal(err)
	}
	if rows := letterRows(t, store); len(rows) != 20_000 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestATableOfOtherColumnsTakesNoDeadLetters(t *testing.T) {
	store := mem.New()
	sc, err := schema.ParseDDL("a INT")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Create(t.Context(), store, table.CreateOptions{Schema: sc}); err != nil {
		t.Fatal(err)
	}
	d := NewDeadLetters(options(store))
	defer closeLetters(t, d)
	w := beginLetters(t, d, stream.BatchID{Query: "q"})
	var extra *table.ExtraColumnsError
	if err := w.Add(t.Context(), "t/0", []stream.Rejected{rejected(0, 1)}); !errors.As(err, &extra) {
		t.Errorf("%v", err)
	}
	if err := w.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}

// Kafka takes any bytes for the name of a header, and a reason may quote what was found.
func TestDeadLettersAreTextThatEveryEngineReads(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, deadLetterArrow)
	defer b.Release()
	r := rejected(0, 1)
	r.Reason, r.Record.Headers = "found \xff", []stream.Header{{Key: "h\xff", Value: []byte("\xff")}}
	appendDeadLetter(b, stream.BatchID{Query: "q"}, r, time.Now())
	rec := b.NewRecordBatch()
	defer rec.Release()
	pair := rec.Column(9).(*array.List).ListValues().(*array.Struct)
	if reason, name := rec.Column(2).(*array.String).Value(0), pair.Field(0).(*array.String).Value(0); reason != "found \ufffd" || name != "h\ufffd" {
		t.Errorf("reason %q, header %q", reason, name)
	}
	if v := pair.Field(1).(*array.Binary).Value(0); string(v) != "\xff" {
		t.Errorf("value %q", v)
	}
}
