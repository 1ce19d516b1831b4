package streamtest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ingestd/ingestd/stream"
)

func TestMemorySourceConforms(t *testing.T) {
	TestSource(t, func(t *testing.T) SourceHarness {
		l := NewLog("events", 3)
		return SourceHarness{
			New:        func(testing.TB) stream.Source { return &Source{Log: l} },
			Partitions: []string{"events/0", "events/1", "events/2"},
			Produce:    func(_ testing.TB, p string, vs ...string) { l.Append(p, vs...) },
			Hole:       func(_ testing.TB, p string) { l.Skip(p, 2) },
			Grow: func(testing.TB) string {
				l.AddPartition("more/0")
				return "more/0"
			},
		}
	})
}

func TestLostRecordsAreToldOrSkipped(t *testing.T) {
	l := NewLog("events", 1)
	for i := range 10 {
		l.Append("events/0", fmt.Sprint(i))
	}
	l.Truncate("events/0", 4)
	from, to := stream.Offsets{"events/0": 2}, stream.Offsets{"events/0": 10}
	_, err := Read(t.Context(), &Source{Log: l}, from, to)
	var lost *stream.DataLossError
	if !errors.As(err, &lost) || lost.Wanted != 2 || lost.Earliest != 4 || lost.Latest != 10 {
		t.Errorf("error %v", err)
	}
	got, err := Read(t.Context(), &Source{Log: l, SkipLost: true}, from, to)
	if err != nil || len(got["events/0"]) != 6 {
		t.Errorf("read %v, %v", got, err)
	}
	l.Recreate("events/0")
	if _, err := (&Source{Log: l}).Latest(t.Context(), to); !errors.As(err, &lost) {
		t.Errorf("error %v", err)
	}
}
