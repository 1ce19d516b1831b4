package deadletter_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/stream/source/deadletter"
	"github.com/ingestd/ingestd/table"
)

// reject writes records of a partition to the dead letters of a query, in one commit.
func reject(t *testing.T, store objstore.Store, query string, from int64, values ...string) {
	t.Helper()
	dl := delta.NewDeadLetters(delta.Options{Store: store})
	w, err := dl.Begin(t.Context(), stream.BatchID{Query: query, From: stream.Offsets{"events/0": from}})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		r := stream.Rejected{Reason: "because", Record: stream.Record{Value: []byte(v), Topic: "events", Offset: from + int64(i),
			Timestamp: time.UnixMilli(1000 + from).UTC(), Headers: []stream.Header{{Key: "h", Value: []byte(v)}, {Key: "null"}}}}
		if err := w.Add(t.Context(), "events/0", []stream.Rejected{r}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(t.Context(), stream.Offsets{"events/0": from + int64(len(values))}); err != nil {
		t.Fatal(err)
	}
	if err := dl.Close(); err != nil {
		t.Fatal(err)
	}
}

func source(t *testing.T, store objstore.Store, query string) *deadletter.Source {
	t.Helper()
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	return deadletter.New(tab, query)
}

// read gives what is in a range, and checks that the range is covered once.
func read(t *testing.T, s *deadletter.Source, from, to int64) []string {
	t.Helper()
	var got []string
	at := from
	for c, err := range s.Read(t.Context(), stream.Offsets{deadletter.Partition: from}, stream.Offsets{deadletter.Partition: to}) {
		if err != nil {
			t.Fatal(err)
		}
		if c.From != at || c.To <= c.From {
			t.Fatalf("chunk [%d, %d) after offset %d", c.From, c.To, at)
		}
		at = c.To
		for i := range c.Records.Len() {
			r := c.Records.At(i)
			got = append(got, fmt.Sprintf("%s/%d@%d %s %s=%s %v", r.Topic, r.Partition, r.Offset, r.Value, r.Headers[0].Key, r.Headers[0].Value, r.Headers[1].Value == nil))
		}
	}
	if at != to {
		t.Fatalf("read to %d of %d", at, to)
	}
	return got
}

func latest(t *testing.T, s *deadletter.Source) int64 {
	t.Helper()
	o, err := s.Latest(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return o[deadletter.Partition]
}

func TestLettersComeBackAsTheRecordsThatTheyWere(t *testing.T) {
	store := mem.New()
	reject(t, store, "mine", 0, "a", "b")
	reject(t, store, "other", 0, "x")
	first := latest(t, source(t, store, "mine"))
	reject(t, store, "mine", 2, "c")
	s := source(t, store, "mine")
	want := []string{"events/0@0 a h=a true", "events/0@1 b h=b true", "events/0@2 c h=c true"}
	if got := read(t, s, 0, latest(t, s)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q", got)
	}
	if got := read(t, s, first, latest(t, s)); fmt.Sprint(got) != fmt.Sprint(want[2:]) {
		t.Errorf("after the first look: %q", got)
	}
	if got := read(t, s, latest(t, s), latest(t, s)); got != nil {
		t.Errorf("nothing new gave %q", got)
	}
}

func TestLettersOfCommitsThatAreGoneAreStillFound(t *testing.T) {
	store := mem.New()
	tab, err := table.Create(t.Context(), store, table.CreateOptions{
		Schema: ddl(t, delta.DeadLetterDDL), Properties: map[string]string{"delta.checkpointInterval": "2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range []string{"a", "b", "c", "d"} {
		reject(t, store, "mine", int64(i), v)
	}
	if err := tab.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), "_delta_log/00000000000000000000.json", "_delta_log/00000000000000000001.json"); err != nil {
		t.Fatal(err)
	}
	s := source(t, store, "mine")
	if got := read(t, s, 0, latest(t, s)); len(got) != 4 {
		t.Errorf("got %q", got)
	}
	// What a replay had already taken of them cannot be told from the rest.
	var gap *deadletter.GapError
	for _, err := range s.Read(t.Context(), stream.Offsets{deadletter.Partition: 1 << 20}, stream.Offsets{deadletter.Partition: latest(t, s)}) {
		if !errors.As(err, &gap) || gap.From != 1 || gap.Earliest != 2 {
			t.Fatalf("error %v", err)
		}
	}
	if gap == nil {
		t.Error("no error")
	}
	if got := read(t, s, 2<<20, latest(t, s)); len(got) != 3 {
		t.Errorf("from the oldest commit on: %q", got)
	}
}
