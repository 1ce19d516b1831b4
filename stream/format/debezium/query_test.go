package debezium

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/memory"
	"github.com/ingestd/ingestd/stream/streamtest"
)

// A query over partitions that hold the events of several tables: each is written once, in batches of its own, and tells where
// it was read.
func TestAQueryWritesTheBatchesOfManyTables(t *testing.T) {
	log := streamtest.NewLog("cdc", 2)
	want := map[string]int{}
	for i := range 300 {
		table := fmt.Sprintf("t%d", i%3)
		log.Append(fmt.Sprintf("cdc/%d", i%2), fmt.Sprintf(`{"before":null,"after":{"id":%d},"source":{"connector":"mysql","db":"d","table":%q,"file":"b.1","pos":%d,"row":0},"op":"c"}`, i, table, i))
		want[table]++
		if i%10 == 0 {
			log.Append(fmt.Sprintf("cdc/%d", i%2), "no event")
		}
	}
	d, err := New(Options{Keys: []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	table, letters := memory.NewTable(), &streamtest.DeadLetters{}
	t.Cleanup(table.Close)
	q := &stream.Query{
		Name: "q", Source: &streamtest.Source{Log: log}, Decoder: d, Sink: memory.New(table), DeadLetters: letters,
		Trigger: stream.AvailableNow(), Limits: stream.Limits{MaxRows: 50}, Workers: 3,
	}
	if err := q.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	places := map[string]bool{}
	for _, b := range table.Batches() {
		batch, ok := changes.BatchOf(b.Schema())
		if !ok {
			t.Fatal(b.Schema())
		}
		got[batch.Table] += int(b.NumRows())
		n := len(batch.Columns)
		for i := range int(b.NumRows()) {
			places[b.Column(n+4).ValueStr(i)+" "+b.Column(n+5).ValueStr(i)] = true
		}
	}
	if !maps.Equal(got, want) || len(places) != 300 {
		t.Errorf("%v of %d places, want %v", got, len(places), want)
	}
	if n := len(letters.Rows()); n != 30 {
		t.Errorf("%d dead letters", n)
	}
}

func TestDecodeTakesChunksOfOneTable(t *testing.T) {
	_, task := newTask(t, Options{})
	one, rejected, err := task.Decode(chunk("s", `{"id":1}`, `{"id":1}`, `{"id":1}`, `{`))
	if err != nil || one.NumRows() != 1 || len(rejected) != 1 || !strings.Contains(fmt.Sprint(one.Column(one.Schema().FieldIndices(changes.PartitionColumn)[0])), "s/0") {
		t.Fatal(one, rejected, err)
	}
	one.Release()
	if none, _, err := task.Decode(chunk("s", `{"id":1}`, `{`)); none != nil || err != nil {
		t.Error(none, err)
	}
	if _, _, err := task.Decode(chunk("s", `{"id":1}`, `{"id":1}`, `{"id":1}`, `{"id":1,"n":1}`)); err == nil {
		t.Error("two schemas in one batch")
	}
}

func TestNewSaysWhichOptionIsWrong(t *testing.T) {
	for want, opts := range map[string]Options{
		"on_error":                                  {OnError: "no"},
		"decimal_handling_mode":                     {DecimalHandling: "no"},
		"time_precision_mode":                       {TimePrecision: "no"},
		"binary_handling_mode":                      {BinaryHandling: "no"},
		"semantics: column a: \"x\" is no semantic": {Semantics: map[string]string{"a": "x"}},
	} {
		if _, err := New(opts); err == nil || !strings.HasPrefix(err.Error(), "format debezium: "+want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if d, err := New(Options{}); err != nil || d.Schema() != nil || !slices.Equal(d.opts.Keys, nil) {
		t.Error(err)
	}
}
