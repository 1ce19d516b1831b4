package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/kafka"
)

// timed produces ten records to each partition, a second apart from t0.
func timed(t *testing.T, cl *kgo.Client, t0 time.Time) {
	for p := range int32(3) {
		for i := range 10 {
			r := &kgo.Record{Topic: "events", Partition: p, Value: []byte("x"), Timestamp: t0.Add(time.Duration(i) * time.Second)}
			if err := cl.ProduceSync(context.Background(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type offsets = map[string]map[int32]int64

func times(a, b, c time.Time) map[string]map[int32]time.Time {
	return map[string]map[int32]time.Time{"events": {0: a, 1: b, 2: c}}
}

func TestStartingOffsets(t *testing.T) {
	c := cluster(t)
	t0 := time.UnixMilli(1_700_000_000_000)
	timed(t, producer(t, c), t0)
	if err := c.DeleteRecords("events", 2, 4); err != nil {
		t.Fatal(err)
	}
	at := func(a, b, c int64) string {
		return fmt.Sprint(stream.Offsets{"events/0": a, "events/1": b, "events/2": c})
	}
	for name, test := range map[string]struct {
		pos  kafka.Position
		want string // or what the error says
	}{
		"zero":                 {kafka.Position{}, at(10, 10, 10)},
		"latest":               {kafka.Latest(), at(10, 10, 10)},
		"earliest":             {kafka.Earliest(), at(0, 0, 4)},
		"exact":                {kafka.Exact(offsets{"events": {0: 3, 1: 0, 2: 10}}), at(3, 0, 10)},
		"-1 and -2":            {kafka.Exact(offsets{"events": {0: -1, 1: -2, 2: -2}}), at(10, 0, 4)},
		"partition left out":   {kafka.Exact(offsets{"events": {0: 3}}), "events/1 events/2"},
		"no such partition":    {kafka.Exact(offsets{"events": {0: 1, 1: 1, 2: 5, 3: 1}}), "events/3"},
		"no such topic":        {kafka.Exact(offsets{"other": {0: 1}}), "other/0"},
		"deleted offset":       {kafka.Exact(offsets{"events": {0: 1, 1: 1, 2: 1}}), "data loss in events/2: offset 1"},
		"offset in the future": {kafka.Exact(offsets{"events": {0: 11, 1: 1, 2: 5}}), "data loss in events/0: offset 11"},
		"timestamp":            {kafka.Timestamp(t0.Add(4500*time.Millisecond), false), at(5, 5, 5)},
		"early timestamp":      {kafka.Timestamp(time.UnixMilli(0), false), at(0, 0, 4)},
		"late timestamp":       {kafka.Timestamp(t0.Add(time.Hour), false), "no record at or after"},
		"late, or latest":      {kafka.Timestamp(t0.Add(time.Hour), true), at(10, 10, 10)},
		"a timestamp for each": {kafka.Timestamps(times(t0, t0.Add(time.Second), t0.Add(time.Hour)), true), at(0, 1, 10)},
		"timestamp left out":   {kafka.Timestamps(map[string]map[int32]time.Time{"events": {0: t0}}, true), "events/1 events/2"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(c)
			o.StartingOffsets = test.pos
			got, err := source(t, o).Start(t.Context())
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %s", err, test.want)
				}
				return
			}
			if fmt.Sprint(got) != test.want {
				t.Errorf("starts at %v, want %s", got, test.want)
			}
		})
	}
	o := options(c)
	o.FailOnDataLoss = false
	o.StartingOffsets = kafka.Exact(offsets{"events": {0: 100, 1: 1, 2: 1}})
	if got, err := source(t, o).Start(t.Context()); err != nil || fmt.Sprint(got) != at(10, 1, 4) {
		t.Errorf("starts at %v, %v", got, err)
	}
}

func TestEndingOffsets(t *testing.T) {
	c := cluster(t)
	t0 := time.UnixMilli(1_700_000_000_000)
	timed(t, producer(t, c), t0)
	for name, test := range map[string]struct {
		pos  kafka.Position
		at   stream.Offsets
		want stream.Offsets
	}{
		"exact":     {kafka.Exact(offsets{"events": {0: 3, 1: 500, 2: -1}}), nil, stream.Offsets{"events/0": 3, "events/1": 10, "events/2": 10}},
		"timestamp": {kafka.Timestamp(t0.Add(2*time.Second), false), nil, stream.Offsets{"events/0": 2, "events/1": 2, "events/2": 2}},
		"past it":   {kafka.Exact(offsets{"events": {0: 3, 1: 3, 2: 3}}), stream.Offsets{"events/0": 7}, stream.Offsets{"events/0": 7, "events/1": 3, "events/2": 3}},
		"of some":   {kafka.Exact(offsets{"events": {0: 3}}), nil, stream.Offsets{"events/0": 3}},
	} {
		o := options(c)
		o.EndingOffsets = test.pos
		if got := latest(t, source(t, o), test.at); !maps.Equal(got, test.want) {
			t.Errorf("%s: ends at %v, want %v", name, got, test.want)
		}
	}
	for _, bad := range []kafka.Position{kafka.Earliest(), kafka.Exact(offsets{"events": {0: -2}})} {
		o := options(c)
		o.EndingOffsets = bad
		if _, err := kafka.New(o); err == nil {
			t.Error("an end at the earliest offset gives no error")
		}
	}
}

func TestAPatternFindsTopics(t *testing.T) {
	c := cluster(t)
	o := options(c)
	o.Topics, o.TopicPattern = nil, "ev[a-z]+|more"
	s := source(t, o)
	if got := latest(t, s, nil); len(got) != 3 {
		t.Errorf("found %v", got)
	}
	for _, topic := range []string{"more", "more2", "xevents"} {
		if err := c.CreateTopic(topic, 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := latest(t, s, nil); len(got) != 4 || !maps.Equal(stream.Offsets{"more/0": got["more/0"]}, stream.Offsets{"more/0": 0}) {
		t.Errorf("found %v", got)
	}
	if err := c.DeleteTopic("more"); err != nil {
		t.Fatal(err)
	}
	if got := latest(t, s, stream.Offsets{"more/0": 0}); len(got) != 3 {
		t.Errorf("found %v", got)
	}
	if name := s.Name(); name != "KafkaV2[SubscribePattern[ev[a-z]+|more]]" {
		t.Error(name)
	}
}

func TestFinishedOffsetsAreSeenInTheGroup(t *testing.T) {
	c := cluster(t)
	fill(t, c, 5)
	o := options(c)
	o.GroupID = "watched"
	s := source(t, o)
	if err := s.Commit(t.Context(), stream.Offsets{"events/0": 3, "events/2": 5}); err != nil {
		t.Fatal(err)
	}
	got, err := kadm.NewClient(producer(t, c)).FetchOffsets(t.Context(), "watched")
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := got.Lookup("events", 0); a.At != 3 {
		t.Errorf("group is at %v", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*kafka.Options){
		"brokers":          func(o *kafka.Options) { o.Brokers = nil },
		"either topics":    func(o *kafka.Options) { o.Topics = nil },
		"or topic_pattern": func(o *kafka.Options) { o.TopicPattern = "x" },
		"lookaround":       func(o *kafka.Options) { o.Topics, o.TopicPattern = nil, "(?!x)" },
		"use brokers":      func(o *kafka.Options) { o.Client = map[string]string{"bootstrap.servers": "x"} },
		"fetch.max.bytes":  func(o *kafka.Options) { o.Client = map[string]string{"fetch.max.byte": "1"} },
		"whole number":     func(o *kafka.Options) { o.Client = map[string]string{"fetch.max.bytes": "many"} },
	} {
		o := kafka.Options{Brokers: []string{"localhost:1"}, Topics: []string{"t"}}
		change(&o)
		if _, err := kafka.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := kafka.CheckClientOptions(map[string]string{"client.id": "me", "session.timeout.ms": "1"}); err != nil {
		t.Error(err)
	}
	var unknown *kafka.UnknownOptionError
	if err := kafka.CheckClientOptions(map[string]string{"x": ""}); !errors.As(err, &unknown) {
		t.Error(err)
	}
	if err := kafka.CheckPattern("a("); err == nil {
		t.Error("no error")
	}
}
