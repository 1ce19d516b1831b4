package stream

import (
	"maps"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestShareCutsInProportion(t *testing.T) {
	from := Offsets{"a/0": 0, "a/1": 100, "a/2": 7, "a/3": 0}
	latest := Offsets{"a/0": 900, "a/1": 200, "a/2": 7, "a/3": 1}
	for limit, want := range map[int64]Offsets{
		2000: latest,
		100:  {"a/0": 89, "a/1": 109, "a/2": 7, "a/3": 1},
		1:    {"a/0": 1, "a/1": 101, "a/2": 7, "a/3": 1},
	} {
		if got := share(limit, from, latest); !maps.Equal(got, want) {
			t.Errorf("limit %d gives %v, want %v", limit, got, want)
		}
	}
	if got := share(1, Offsets{"a/0": 50, "a/1": 0}, Offsets{"a/0": 10, "a/1": 5}); got["a/0"] != 10 || got["a/1"] != 1 {
		t.Errorf("a partition that was set back gives %v", got)
	}
}

func TestShareKeepsToItsLimitAndMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, latest := Offsets{}, Offsets{}
		for _, p := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-d]/[0-9]`), 1, 9, rapid.ID).Draw(t, "partitions") {
			from[p] = rapid.Int64Range(0, math.MaxInt64/16).Draw(t, "from")
			latest[p] = from[p] + rapid.Int64Range(0, math.MaxInt64/16).Draw(t, "size")
		}
		limit := rapid.Int64Range(1, 1000).Draw(t, "limit")
		to := share(limit, from, latest)
		if got := to.Rows(from); got > limit+int64(len(from)) {
			t.Errorf("%d rows for a limit of %d", got, limit)
		}
		for p := range latest {
			if to[p] < from[p] || to[p] > latest[p] || (latest[p] > from[p] && to[p] == from[p]) {
				t.Errorf("%s: [%d, %d) is cut to %d", p, from[p], latest[p], to[p])
			}
		}
	})
}

func TestMaxBytesFollowsTheSizeOfRows(t *testing.T) {
	l := limiter{Limits: Limits{MaxBytes: 1 << 20}}
	if n := l.maxRows(); n != 1024 {
		t.Errorf("before a row was seen the bound is %d", n)
	}
	l.saw(1000, 100_000)
	if n := l.maxRows(); n != 10485 {
		t.Errorf("with rows of 100 bytes the bound is %d", n)
	}
	for range 50 {
		l.saw(10, 10*(1<<20))
	}
	l.saw(0, 0)
	if n := l.maxRows(); n != 1 {
		t.Errorf("with rows of 1 MiB the bound is %d", n)
	}
	l.MaxRows = 1
	l.rowBytes = 1
	if n := l.maxRows(); n != 1 {
		t.Errorf("the lower bound is %d", n)
	}
}
