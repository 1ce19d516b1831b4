package shopdb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/shopdb"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/debezium"
)

var start = time.Date(2026, 1, 2, 23, 59, 50, 123_456_789, time.UTC)

// records are a chunk of a topic.
type records []stream.Record

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i] }

// replica is what the events say that the rows are, by table and key.
type replica struct {
	columns map[string][]arrow.Field
	rows    map[string]map[int64][]string
}

// apply applies a batch of changes in its order.
func (r *replica) apply(t *testing.T, rec arrow.RecordBatch) {
	t.Helper()
	b, ok := changes.BatchOf(rec.Schema())
	if !ok || !slices.Equal(b.Keys, []string{"id"}) && rec.NumCols() > 6 || b.Database != "shop" || b.Origin.Schema != "public" {
		t.Fatalf("%v", rec.Schema())
	}
	n := len(b.Columns)
	if n > 1 {
		r.columns[b.Table] = b.Columns
	}
	if r.rows[b.Table] == nil {
		r.rows[b.Table] = map[int64][]string{}
	}
	rows := r.rows[b.Table]
	for i := range int(rec.NumRows()) {
		op := changes.Op(rec.Column(n).(*array.Int8).Value(i))
		if op == changes.Truncate {
			clear(rows)
			continue
		}
		id := rec.Column(0).(*array.Int64).Value(i)
		before, there := rows[id]
		if there != (op == changes.Update || op == changes.Delete) {
			t.Fatalf("%c of %s %d, which is there: %t", op, b.Table, id, there)
		}
		if op == changes.Delete {
			delete(rows, id)
			continue
		}
		row := cells(rec, n, i)
		if unknown := rec.Column(n + 2).(*array.Binary); !unknown.IsNull(i) {
			for k := range row {
				if unknown.Value(i)[k>>3]&(1<<(k&7)) != 0 {
					if op != changes.Update {
						t.Fatalf("%c of %s %d without %s", op, b.Table, id, b.Columns[k].Name)
					}
					row[k] = before[k]
				}
			}
		}
		rows[id] = row
	}
}

func cells(rec arrow.RecordBatch, n, i int) (row []string) {
	for k := range n {
		row = append(row, strings.Clone(rec.Column(k).ValueStr(i)))
	}
	return row
}

func (r *replica) check(t *testing.T, d *shopdb.Database) {
	t.Helper()
	for _, name := range d.Tables() {
		rows := d.Rows(name)
		if n := len(r.rows[name]); int64(n) != rows.NumRows() || n == 0 {
			t.Fatalf("%s: %d rows of %d", name, n, rows.NumRows())
		}
		for k, f := range rows.Schema().Fields() {
			theirs := r.columns[name][k]
			if d, ok := theirs.Type.(*arrow.DictionaryType); ok {
				theirs.Type = d.ValueType
			}
			if theirs.Name != f.Name || !arrow.TypeEqual(theirs.Type, f.Type) {
				t.Errorf("%s: %v is %v", name, theirs, f)
			}
		}
		for i := range int(rows.NumRows()) {
			want, got := cells(rows, int(rows.NumCols()), i), r.rows[name][rows.Column(0).(*array.Int64).Value(i)]
			if !slices.Equal(want, got) {
				t.Fatalf("%s: %q, want %q", name, got, want)
			}
		}
		rows.Release()
	}
}

func TestTheEventsDecodeAndMakeACopyOfTheDatabase(t *testing.T) {
	for seed := range uint64(2) {
		d := shopdb.New(seed, start, "shop")
		decoder, err := debezium.New(debezium.Options{})
		if err != nil {
			t.Fatal(err)
		}
		task := decoder.NewTask().(stream.MultiDecodeTask)
		defer task.Close()
		copied := &replica{map[string][]arrow.Field{}, map[string]map[int64][]string{}}
		for i := range 5000 {
			e, _ := d.Next(nil)
			batches, rejected, err := task.DecodeAll("shop/0", records{{Topic: e.Topic, Key: e.Key, Value: e.Value, Offset: int64(i)}})
			if err != nil || len(rejected) > 0 {
				t.Fatalf("%s: %v, %v", e.Value, err, rejected)
			}
			for _, b := range batches {
				copied.apply(t, b)
				b.Release()
			}
			if i%1000 == 999 {
				copied.check(t, d)
			}
		}
	}
}

func TestWhatHappensIsVaried(t *testing.T) {
	d, seen := shopdb.New(1, start, "shop"), map[string]int{}
	created := map[string]bool{}
	var lsn, commit int64
	for i := 0; i < 60_000 && seen["t"] < 1; i++ {
		e, _ := d.Next(nil)
		var payload struct {
			Op     string
			Source struct {
				Sequence string
				LSN      int64
			}
		}
		if e.Value == nil {
			seen["tombstone"]++
			continue
		}
		_, text, _ := bytes.Cut(e.Value[:len(e.Value)-1], []byte(`,"payload":`))
		if err := json.Unmarshal(text, &payload); err != nil {
			t.Fatal(err)
		}
		s := payload.Source
		var sequence []*string
		if err := json.Unmarshal([]byte(s.Sequence), &sequence); err != nil || len(sequence) != 2 || *sequence[1] != fmt.Sprint(s.LSN) {
			t.Fatalf("%s", e.Value)
		}
		var before int64
		if sequence[0] != nil {
			_, _ = fmt.Sscan(*sequence[0], &before)
		}
		if s.LSN < lsn || before < commit || before > s.LSN || i > shopdb.Snapshotted+10 && before == 0 {
			t.Fatalf("after %d, %d: %s", commit, lsn, s.Sequence)
		}
		lsn, commit = s.LSN, before
		seen[payload.Op]++
		if bytes.Contains(e.Value, []byte("__debezium_unavailable_value")) {
			seen["unavailable"]++
		}
		if n := len(e.Headers); n > 4 {
			seen[strings.TrimPrefix(e.Headers[n-1].Name, "__debezium.")]++
		}
		if id := e.Topic + string(e.Key); payload.Op == "c" {
			if created[id] {
				seen["key that comes back"]++
			}
			created[id] = true
		}
	}
	for _, what := range []string{"c", "u", "d", "tombstone", "t", "unavailable", "newkey", "oldkey", "key that comes back"} {
		if seen[what] < 1 {
			t.Errorf("%d of %s in %v", seen[what], what, seen)
		}
	}
	if seen["r"] != shopdb.Snapshotted || seen["tombstone"] != seen["d"] {
		t.Error(seen)
	}
}

func TestTheSeedDecidesTheEvents(t *testing.T) {
	a, b, c := shopdb.New(7, start, "shop"), shopdb.New(7, start, "shop"), shopdb.New(8, start, "shop")
	same := true
	var buf []byte
	for range 3000 {
		x, kept := a.Next(buf[:0])
		y, _ := b.Next(nil)
		z, _ := c.Next(nil)
		if x.Topic != y.Topic || !bytes.Equal(x.Key, y.Key) || !bytes.Equal(x.Value, y.Value) || !slices.Equal(x.Headers, y.Headers) {
			t.Fatalf("%s\n%s", x.Value, y.Value)
		}
		same = same && bytes.Equal(x.Value, z.Value)
		buf = kept
	}
	if same {
		t.Error("another seed made the same events")
	}
}

func BenchmarkNext(b *testing.B) {
	d := shopdb.New(1, start, "shop")
	var buf []byte
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		_, buf = d.Next(buf[:0])
		n += len(buf)
	}
	b.SetBytes(int64(n / b.N))
}

func TestTheLastEventIsNotWithinAChangeOfAKey(t *testing.T) {
	moving := func(e shopdb.Event) bool { // under the old key; the row under its new one follows
		return slices.ContainsFunc(e.Headers, func(h shopdb.Header) bool { return h.Name == "__debezium.newkey" })
	}
	whole, ends := shopdb.New(5, start, "shop"), 0
	for n := int64(1); n <= 3000; n++ {
		if event, _ := whole.Next(nil); !moving(event) {
			continue
		}
		ends++
		db, last := shopdb.New(5, start, "shop"), shopdb.Event{}
		db.EndAfter(n)
		for range n {
			last, _ = db.Next(nil)
		}
		if moving(last) {
			t.Fatalf("after %d events", n)
		}
	}
	if ends < 20 {
		t.Errorf("%d", ends)
	}
}
