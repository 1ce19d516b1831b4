package datafile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// counted is a source that remembers what was asked of it.
type counted struct {
	local
	mu    sync.Mutex
	reads []extent
}

func (c *counted) read(ctx context.Context, off, n int64) ([]byte, error) {
	c.mu.Lock()
	c.reads = append(c.reads, extent{off, off + n})
	c.mu.Unlock()
	return c.local.read(ctx, off, n)
}

func newCounted(size int) (*counted, []byte) {
	data := make([]byte, size)
	rand.New(rand.NewSource(1)).Read(data)
	return &counted{local: local{r: bytes.NewReader(data), size: int64(size)}}, data
}

func TestAColumnReadsAsItLies(t *testing.T) {
	src, data := newCounted(20 << 20)
	rapid.Check(t, func(t *rapid.T) {
		var chunks []extent
		at := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "columns") {
			at += rapid.Int64Range(0, 1<<20).Draw(t, "gap")
			n := rapid.Int64Range(1, 2<<20).Draw(t, "size")
			chunks = append(chunks, extent{at, at + n})
			at += n
		}
		w := &windows{ctx: t.Context(), src: src, budget: rapid.Int64Range(1, 16<<20).Draw(t, "budget")}
		if err := w.load(append([]extent{}, chunks...)); err != nil {
			t.Fatal(err)
		}
		for _, c := range chunks {
			r := io.NewSectionReader(w, c.start, c.size())
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data[c.start:c.end]) {
				t.Fatalf("column at %d to %d: %d bytes, %v", c.start, c.end, len(got), err)
			}
		}
	})
}

func TestNeighboursAreReadByOneRequest(t *testing.T) {
	src, _ := newCounted(20 << 20)
	w := &windows{ctx: t.Context(), src: src, budget: readBudget}
	chunks := []extent{{5 << 20, 6 << 20}, {0, 1 << 20}, {1<<20 + 100, 2 << 20}}
	if err := w.load(chunks); err != nil {
		t.Fatal(err)
	}
	if len(src.reads) != 2 {
		t.Errorf("%d requests for two places: %v", len(src.reads), src.reads)
	}
	src.reads = nil
	if err := w.load([]extent{{0, 20 << 20}}); err != nil {
		t.Fatal(err)
	}
	for _, r := range src.reads {
		if r.size() > requestBytes {
			t.Errorf("a request of %d bytes", r.size())
		}
	}
}

func TestALargeRowGroupIsReadInSteps(t *testing.T) {
	src, _ := newCounted(8 << 20)
	w := &windows{ctx: t.Context(), src: src, budget: 1 << 20}
	if err := w.load([]extent{{0, 4 << 20}, {4 << 20, 8 << 20}}); err != nil {
		t.Fatal(err)
	}
	if len(src.reads) != 0 {
		t.Errorf("%v was read ahead", src.reads)
	}
	buf := make([]byte, 1000)
	for at := int64(0); at < 4<<20-1000; at += 1000 {
		for _, base := range []int64{0, 4 << 20} {
			if _, err := w.ReadAt(buf, base+at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(src.reads) > 20 {
		t.Errorf("%d requests", len(src.reads))
	}
	if _, err := w.ReadAt(buf, 8<<20); !errors.Is(err, io.EOF) {
		t.Errorf("past the end: %v", err)
	}
}

// columnsInTurn reads the first column's later half and the second one's first half, which lie against each other, in turn.
func columnsInTurn(t *testing.T, r io.ReaderAt, half int64) {
	t.Helper()
	buf := make([]byte, 1000)
	for at := int64(0); at < half-1000; at += 1000 {
		for _, base := range []int64{firstPiece, firstPiece + half} {
			if _, err := r.ReadAt(buf, base+at); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestWhatIsLeftOfALargeRowGroupIsReadOnce(t *testing.T) {
	for _, tc := range []struct {
		budget   int64
		requests int
	}{{1 << 20, 10}, {4 << 20, 1}} {
		src, _ := newCounted(8 << 20)
		w := &windows{ctx: t.Context(), src: src, budget: tc.budget}
		if err := w.load([]extent{{0, 4 << 20}, {4 << 20, 8 << 20}}); err != nil {
			t.Fatal(err)
		}
		c := &cut{of: w}
		c.add(extent{2 << 20, 4 << 20})
		c.add(extent{4 << 20, 6 << 20})
		if err := c.reload(); err != nil {
			t.Fatal(err)
		}
		columnsInTurn(t, c, 2<<20)
		if len(src.reads) > tc.requests {
			t.Errorf("budget %d: %d requests", tc.budget, len(src.reads))
		}
	}
}
