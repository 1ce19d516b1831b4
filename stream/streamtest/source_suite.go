package streamtest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/stream"
)

// SourceHarness gives the suite a source and a hand in what it reads.
type SourceHarness struct {
	// New opens another source on the same data, that starts at the earliest offset.
	New func(t testing.TB) stream.Source
	// Partitions are there from the start, empty; at least two.
	Partitions []string
	// Produce appends records with these values to a partition.
	Produce func(t testing.TB, partition string, values ...string)
	// Hole makes a hole at the end of a partition (compacted records, transaction markers); nil where it cannot.
	Hole func(t testing.TB, partition string)
	// Grow adds a partition and gives its name; nil where it cannot.
	Grow func(t testing.TB) string
}

// TestSource checks what stream.Source promises.
func TestSource(t *testing.T, harness func(t *testing.T) SourceHarness) {
	for name, run := range map[string]func(*testing.T, SourceHarness){
		"an empty source has nothing to read":               sourceEmpty,
		"a range read twice gives the same":                 sourceReplays,
		"reading may resume at any offset":                  sourceResumes,
		"holes are covered":                                 sourceHoles,
		"a reader that stops early leaves nothing broken":   sourceStops,
		"chunks may be given back late and in any order":    sourceLateDone,
		"a partition that appears later is found":           sourceGrows,
		"reading ends when its context ends":                sourceCancelled,
		"commit can be called with any position, and again": sourceCommits,
	} {
		t.Run(name, func(t *testing.T) { run(t, harness(t)) })
	}
}

func open(t testing.TB, h SourceHarness) stream.Source {
	t.Helper()
	s := h.New(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func bounds(t testing.TB, s stream.Source) (from, to stream.Offsets) {
	t.Helper()
	from, err := s.Start(t.Context())
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	to, err = s.Latest(t.Context(), from)
	if err != nil {
		t.Fatalf("latest: %v", err)
	}
	return from, to
}

func produceSome(t testing.TB, h SourceHarness) map[string][]string {
	want := map[string][]string{}
	for i, p := range h.Partitions {
		for k := range 20 + 5*i {
			want[p] = append(want[p], fmt.Sprintf("%s=%d", p, k))
		}
		h.Produce(t, p, want[p][:10]...)
		h.Produce(t, p, want[p][10:]...)
	}
	return want
}

func values(recs map[string][]stream.Record) map[string][]string {
	vs := map[string][]string{}
	for p, rs := range recs {
		for _, r := range rs {
			vs[p] = append(vs[p], string(r.Value))
		}
	}
	return vs
}

func mustRead(t testing.TB, s stream.Source, from, to stream.Offsets) map[string][]stream.Record {
	t.Helper()
	got, err := Read(t.Context(), s, from, to)
	if err != nil {
		t.Fatalf("read %v to %v: %v", from, to, err)
	}
	return got
}

func sourceEmpty(t *testing.T, h SourceHarness) {
	s := open(t, h)
	from, to := bounds(t, s)
	if !slices.Equal(to.Partitions(), slices.Sorted(slices.Values(h.Partitions))) {
		t.Errorf("partitions %v, want %v", to.Partitions(), h.Partitions)
	}
	if !maps.Equal(from, to) {
		t.Errorf("an empty source starts at %v and ends at %v", from, to)
	}
	if got := mustRead(t, s, from, to); len(got) != 0 {
		t.Errorf("read %v", got)
	}
	if s.Name() == "" {
		t.Error("the source has no name")
	}
}

func sourceReplays(t *testing.T, h SourceHarness) {
	want := produceSome(t, h)
	s := open(t, h)
	from, to := bounds(t, s)
	first := mustRead(t, s, from, to)
	if got := values(first); !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	again := mustRead(t, s, from, to)
	if !reflect.DeepEqual(first, again) {
		t.Error("the second read differs")
	}
	for _, p := range h.Partitions {
		h.Produce(t, p, "later")
	}
	if other := mustRead(t, open(t, h), from, to); !reflect.DeepEqual(first, other) {
		t.Error("another source reads the range differently after more was appended")
	}
}

func sourceResumes(t *testing.T, h SourceHarness) {
	produceSome(t, h)
	s := open(t, h)
	start, end := bounds(t, s)
	whole := mustRead(t, s, start, end)
	rapid.Check(t, func(rt *rapid.T) {
		from := start.Clone()
		got := map[string][]stream.Record{}
		for !maps.Equal(from, end) {
			to := stream.Offsets{}
			for _, p := range from.Partitions() {
				to[p] = rapid.Int64Range(from[p], end[p]).Draw(rt, p)
			}
			if rapid.Bool().Draw(rt, "to the end") {
				to = end.Clone()
			}
			part, err := Read(t.Context(), s, from, to)
			if err != nil {
				rt.Fatalf("read %v to %v: %v", from, to, err)
			}
			for p, rs := range part {
				got[p] = append(got[p], rs...)
			}
			from = to
		}
		if !reflect.DeepEqual(got, whole) {
			rt.Fatalf("the parts together are %v, the whole is %v", values(got), values(whole))
		}
	})
}

func sourceHoles(t *testing.T, h SourceHarness) {
	if h.Hole == nil {
		t.Skip("this source has no holes")
	}
	p := h.Partitions[0]
	h.Produce(t, p, "a", "b")
	h.Hole(t, p)
	h.Produce(t, p, "c")
	h.Hole(t, p)
	s := open(t, h)
	start, end := bounds(t, s)
	whole := mustRead(t, s, start, end)
	if got, want := values(whole)[p], []string{"a", "b", "c"}; !slices.Equal(got, want) {
		t.Fatalf("read %v, want %v", got, want)
	}
	if n := whole[p][2].Offset; n < 3 || end[p] <= n+1 {
		t.Fatalf("the harness made no holes: c is at %d, the end is %d", n, end[p])
	}
	for cut := start[p]; cut <= end[p]; cut++ {
		mid := end.Clone()
		mid[p] = cut
		got := append(mustRead(t, s, start, mid)[p], mustRead(t, s, mid, end)[p]...)
		if !reflect.DeepEqual(got, whole[p]) {
			t.Errorf("cut at %d it reads %v", cut, got)
		}
	}
}

func sourceStops(t *testing.T, h SourceHarness) {
	want := produceSome(t, h)
	s := open(t, h)
	from, to := bounds(t, s)
	for range 3 {
		for c, err := range s.Read(t.Context(), from, to) {
			if err != nil {
				t.Fatal(err)
			}
			if c.Done != nil {
				c.Done() // without Load
			}
			break
		}
	}
	if got := values(mustRead(t, s, from, to)); !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func sourceLateDone(t *testing.T, h SourceHarness) {
	want := produceSome(t, h)
	s := open(t, h)
	from, to := bounds(t, s)
	var chunks []stream.Chunk
	for c, err := range s.Read(t.Context(), from, to) {
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, c)
	}
	got := make([][]stream.Record, len(chunks))
	for i, c := range slices.Backward(chunks) {
		recs, err := take(c)
		if err != nil {
			t.Fatal(err)
		}
		got[i] = recs
	}
	byPart := map[string][]stream.Record{}
	for i, c := range chunks {
		byPart[c.Partition] = append(byPart[c.Partition], got[i]...)
	}
	if vs := values(byPart); !reflect.DeepEqual(vs, want) {
		t.Errorf("read %v, want %v", vs, want)
	}
}

func sourceGrows(t *testing.T, h SourceHarness) {
	if h.Grow == nil {
		t.Skip("this source has fixed partitions")
	}
	s := open(t, h)
	_, before := bounds(t, s)
	p := h.Grow(t)
	h.Produce(t, p, "new")
	after, err := s.Latest(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	end, ok := after[p]
	if !ok || len(after) != len(before)+1 {
		t.Fatalf("latest gives %v after %s was added to %v", after, p, before)
	}
	first, err := s.Earliest(t.Context(), []string{p})
	if err != nil {
		t.Fatal(err)
	}
	got := mustRead(t, s, first, stream.Offsets{p: end})
	if vs := values(got)[p]; !slices.Equal(vs, []string{"new"}) {
		t.Errorf("read %v", vs)
	}
}

func sourceCancelled(t *testing.T, h SourceHarness) {
	produceSome(t, h)
	s := open(t, h)
	from, to := bounds(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, s, from, to); err == nil {
		t.Error("reading with an ended context gave no error")
	}
	mustRead(t, s, from, to)
}

func sourceCommits(t *testing.T, h SourceHarness) {
	produceSome(t, h)
	s := open(t, h)
	from, to := bounds(t, s)
	for _, o := range []stream.Offsets{to, to, from} {
		if err := s.Commit(t.Context(), o); err != nil {
			t.Errorf("commit %v: %v", o, err)
		}
	}
}
