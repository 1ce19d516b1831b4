package console_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/console"
	"github.com/ingestd/ingestd/stream/streamtest"
)

func TestABatchIsDrawnAsATable(t *testing.T) {
	var out bytes.Buffer
	q := stream.Query{
		Name: "q", Decoder: streamtest.Decoder{}, Trigger: stream.AvailableNow(), Workers: 1,
		Sink: console.New(&out, console.Options{NumRows: 2}),
	}
	log := streamtest.NewLog("events", 1)
	log.Append("events/0", "é", "a value that is too long\nfor a column", "c")
	q.Source = &streamtest.Source{Log: log, ChunkSize: 10}
	if err := q.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := `-------------------------------------------
Batch: 0
-------------------------------------------
+---------+------+--------------------+
|partition|offset|               value|
+---------+------+--------------------+
| events/0|     0|                   é|
| events/0|     1|a value that is t...|
+---------+------+--------------------+
only showing top 2 of 3 rows

`
	if out.String() != want {
		t.Errorf("printed\n%s", out.String())
	}
	if s := q.State(); s.OutputRows != 3 {
		t.Errorf("state %+v", s)
	}
}

type broken struct{}

var errPipe = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errPipe }

func TestAClosedPipeIsTold(t *testing.T) {
	log := streamtest.NewLog("events", 1)
	log.Append("events/0", "a")
	q := stream.Query{
		Name: "q", Decoder: streamtest.Decoder{}, Trigger: stream.Once(), Source: &streamtest.Source{Log: log},
		Sink: console.New(broken{}, console.Options{Untrimmed: true}),
	}
	if err := q.Run(t.Context()); !errors.Is(err, errPipe) {
		t.Errorf("error %v", err)
	}
}
