package debezium

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
)

// records are a chunk.
type records []stream.Record

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i] }

// chunk makes records of one topic with offsets from 0; each has a key, "" for none, and a value, "" for a tombstone.
func chunk(topic string, keysAndValues ...string) records {
	var recs records
	for i := 0; i < len(keysAndValues); i += 2 {
		r := stream.Record{Topic: topic, Offset: int64(i / 2)}
		if k := keysAndValues[i]; k != "" {
			r.Key = []byte(k)
		}
		if v := keysAndValues[i+1]; v != "" {
			r.Value = []byte(v)
		}
		recs = append(recs, r)
	}
	return recs
}

// decoded is what became of a chunk.
type decoded struct {
	batches  []changes.Batch
	counts   []int64    // rows of each batch
	batchOf  []int      // of each row
	offsets  []int64    // of each row
	rows     [][]string // of all batches: "op col=value col=value ..."
	unknown  []string   // of each row: the columns that are unavailable
	sequence []string   // of each row; "" is null
	reasons  []string
	passed   int64
}

func newTask(t testing.TB, opts Options) (*Decoder, *task) {
	t.Helper()
	d, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask().(*task)
	t.Cleanup(task.Close)
	return d, task
}

func decode(t testing.TB, opts Options, recs records) decoded {
	t.Helper()
	d, task := newTask(t, opts)
	out := decodeWith(t, task, recs)
	out.passed = d.Passed()
	return out
}

func decodeWith(t testing.TB, task *task, recs records) (out decoded) {
	t.Helper()
	batches, rejected, err := task.DecodeAll("p/0", recs)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rejected {
		out.reasons = append(out.reasons, fmt.Sprintf("%d: %s", r.Record.Offset, r.Reason))
	}
	for _, b := range batches {
		out.add(t, b)
		b.Release()
	}
	return out
}

func (d *decoded) add(t fataler, rows arrow.RecordBatch) {
	t.Helper()
	b, ok := changes.BatchOf(rows.Schema())
	if !ok {
		t.Fatalf("no batch of changes: %s", rows.Schema())
	}
	d.batches, d.counts = append(d.batches, b), append(d.counts, rows.NumRows())
	n := len(b.Columns)
	for i := range int(rows.NumRows()) {
		row := []string{string(rune(rows.Column(n).(interface{ Value(int) int8 }).Value(i)))}
		unknown := ""
		var bits []byte
		if u := rows.Column(n + 2); !u.IsNull(i) {
			bits = u.(interface{ Value(int) []byte }).Value(i)
		}
		for k := range n {
			v := "null"
			if c := rows.Column(k); !c.IsNull(i) && c.DataType().ID() != arrow.NULL {
				v = c.ValueStr(i)
				if d, ok := c.(*array.Decimal128); ok { // with all decimals
					v = d.Value(i).ToString(d.DataType().(arrow.DecimalType).GetScale())
				}
			}
			row = append(row, b.Columns[k].Name+"="+v)
			if bits != nil && bits[k>>3]&(1<<(k&7)) != 0 {
				unknown += b.Columns[k].Name + " "
			}
		}
		d.rows = append(d.rows, row)
		d.batchOf = append(d.batchOf, len(d.batches)-1)
		d.offsets = append(d.offsets, rows.Column(n+5).(*array.Int64).Value(i))
		d.unknown = append(d.unknown, strings.TrimSpace(unknown))
		seq := ""
		if c := rows.Column(n + 1); !c.IsNull(i) {
			seq = string(c.(interface{ Value(int) []byte }).Value(i))
		}
		d.sequence = append(d.sequence, seq)
	}
}

// text is the rows as lines.
func (d *decoded) text() string {
	var lines []string
	for _, r := range d.rows {
		lines = append(lines, strings.Join(r, " "))
	}
	return strings.Join(lines, "\n")
}

// envelope is an event with a schema: fields are those of the row, as a JSON list, after and before JSON or "null".
func envelope(fields, op, before, after, source string) string {
	row := `"type":"struct","fields":` + fields + `,"optional":true,"name":"s.t.Value"`
	return `{"schema":{"type":"struct","fields":[{` + row + `,"field":"before"},{` + row + `,"field":"after"},` +
		`{"type":"struct","fields":[],"optional":false,"name":"io.debezium.connector.postgresql.Source","field":"source"},` +
		`{"type":"string","optional":false,"field":"op"},{"type":"int64","optional":true,"field":"ts_ms"}],"optional":false,"name":"s.t.Envelope"},` +
		`"payload":{"before":` + before + `,"after":` + after + `,"source":` + source + `,"op":"` + op + `","ts_ms":1700000000000}}`
}

const idField = `{"type":"int32","optional":false,"field":"id"}`

const idKey = `{"schema":{"type":"struct","fields":[` + idField + `],"optional":false,"name":"s.t.Key"},"payload":{"id":1}}`

// fataler is a test, or one of rapid's.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}
