package match

import (
	"context"
	"errors"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowtest"
)

// fill appends batches to a source, and gives their rows.
func fill(ctx context.Context, s *Source, seed int64, batches int) (want []string, err error) {
	r := rand.New(rand.NewSource(seed))
	for range batches {
		rec := arrowtest.Batch(r, sourceSchema, 1+r.Intn(30))
		want = append(want, arrowtest.Rows(rec)...)
		err = errors.Join(err, s.Append(ctx, rec))
		rec.Release()
	}
	slices.Sort(want)
	return want, err
}

// drain gives the rows of a source.
func drain(ctx context.Context, s *Source) (got []string, err error) {
	for rows, err := range s.Parts(ctx) {
		if err != nil {
			return nil, err
		}
		for _, chunk := range rows.Chunks() {
			got = append(got, arrowtest.Rows(chunk)...)
		}
		rows.Release()
	}
	slices.Sort(got)
	return got, nil
}

func TestSourcesThatShareMemoryHoldNoMoreThanItAndGiveBackWhatTheyGot(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		m := NewMemory(rapid.SampledFrom([]int64{12_000, 50_000, 1 << 30}).Draw(t, "limit"))
		batches := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 8).Draw(t, "batches")
		seed := rapid.Int64().Draw(t, "seed")
		errs := make([]error, len(batches))
		var wait sync.WaitGroup
		for i, n := range batches {
			wait.Go(func() {
				s := NewSource(sourceSchema, SourceOptions{Memory: m, Dir: dir, Hash: byKey})
				want, err := fill(t.Context(), s, seed+int64(i), n)
				for range 2 {
					got, again := drain(t.Context(), s)
					if err = errors.Join(err, again); !slices.Equal(got, want) {
						err = errors.Join(err, errors.New("other rows"))
					}
				}
				errs[i] = errors.Join(err, s.Close())
			})
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if m.Peak() > m.Limit() || m.Held() != 0 {
			t.Fatalf("at most %d of %d were held, and in the end %d", m.Peak(), m.Limit(), m.Held())
		}
		noFiles(t, dir)
	})
}

func TestTheLargestSourceMakesRoom(t *testing.T) {
	ctx := t.Context()
	few, many := arrowtest.Batch(rand.New(rand.NewSource(1)), sourceSchema, 20), arrowtest.Batch(rand.New(rand.NewSource(2)), sourceSchema, 100)
	defer few.Release()
	defer many.Release()
	m := NewMemory(sizeOf(few) + sizeOf(many))
	var all []*Source
	for range 3 {
		all = append(all, NewSource(sourceSchema, SourceOptions{Memory: m, Dir: t.TempDir()}))
	}
	small, large, last := all[0], all[1], all[2]
	if err := errors.Join(small.Append(ctx, few), large.Append(ctx, many), last.Append(ctx, few)); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if err := s.Seal(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if small.Spilled() || !large.Spilled() || last.Spilled() {
		t.Fatal(small.Spilled(), large.Spilled(), last.Spilled())
	}
	for _, s := range all {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A source that another has sent to disk, which failed, tells when it is sealed; the other is none the worse.
func TestAnErrorOfMakingRoomIsThatOfTheSourceThatGoes(t *testing.T) {
	broken := errors.New("no hash")
	m, ctx := NewMemory(20_000), t.Context()
	bad := NewSource(sourceSchema, SourceOptions{Memory: m, Dir: t.TempDir(), Hash: func(context.Context, arrow.RecordBatch) ([]uint64, error) { return nil, broken }})
	good := NewSource(sourceSchema, SourceOptions{Memory: m, Dir: t.TempDir(), Hash: byKey})
	if _, err := fill(ctx, bad, 1, 4); err != nil || bad.held == 0 {
		t.Fatal(err, bad.held)
	}
	want, err := fill(ctx, good, 2, 20)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := drain(ctx, good); err != nil || !slices.Equal(got, want) {
		t.Fatal("other rows", err)
	}
	if _, err := drain(ctx, bad); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if err := errors.Join(bad.Close(), good.Close()); err != nil || m.Held() != 0 {
		t.Fatal(err, m.Held())
	}
}

func TestAPartThatIsGreaterThanTheMemoryIsReadAlone(t *testing.T) {
	m, ctx := NewMemory(1), t.Context()
	s := NewSource(sourceSchema, SourceOptions{Memory: m, Dir: t.TempDir()})
	want, err := fill(ctx, s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Take(1) {
		t.Fatal("nothing is free")
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := drain(stopped, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("it does not wait: %v", err)
	}
	m.Give(1)
	if got, err := drain(ctx, s); err != nil || !slices.Equal(got, want) || m.Peak() < m.Limit() {
		t.Fatal("other rows", err, m.Peak())
	}
	if err := s.Close(); err != nil || m.Held() != 0 {
		t.Fatal(err, m.Held())
	}
}
