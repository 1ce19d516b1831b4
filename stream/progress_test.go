package stream_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ingestd/ingestd/stream"
)

func TestProgressHasSparksShape(t *testing.T) {
	var events []stream.Progress
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t).fill(10)
		q, _ := w.query(t)
		q.NewID = func() string { return "run" }
		q.Limits.MaxRows = 15
		q.OnProgress = func(p stream.Progress) { events = append(events, p) }
		q.After = func(time.Duration) <-chan time.Time { return time.After(0) }
		q.Sink = &faultySink{q.Sink, func(call string) error {
			if call == "commit" {
				time.Sleep(2 * time.Second) // made up
			}
			return nil
		}}
		mustRun(t, q)
	})
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	got, err := json.Marshal(events[1])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"run","runId":"run","name":"q","timestamp":"2000-01-01T00:00:02.000Z","batchId":1,"batchDuration":2000,` +
		`"numInputRows":15,"inputRowsPerSecond":7.5,"processedRowsPerSecond":7.5,` +
		`"durationMs":{"addBatch":2000,"commitOffsets":0,"queryPlanning":0,"triggerExecution":2000},"stateOperators":[],` +
		`"sources":[{"description":"Memory[log]","startOffset":{"events":{"0":5,"1":5,"2":5}},"endOffset":{"events":{"0":10,"1":10,"2":10}},` +
		`"latestOffset":{"events":{"0":10,"1":10,"2":10}},"numInputRows":15,"inputRowsPerSecond":7.5,"processedRowsPerSecond":7.5,` +
		`"metrics":{"avgOffsetsBehindLatest":"0.0","maxOffsetsBehindLatest":"0","minOffsetsBehindLatest":"0"}}],` +
		`"sink":{"description":"MemorySink","numOutputRows":12},"numRejectedRows":3}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if m := events[0].Sources[0].Metrics; m["maxOffsetsBehindLatest"] != "5" || m["avgOffsetsBehindLatest"] != "5.0" || events[0].InputRate != nil {
		t.Errorf("the first event is %+v", events[0])
	}
}
