package mem

import (
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/storetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) objstore.Store { return New() })
}

func TestCloneIsIndependent(t *testing.T) {
	ctx := t.Context()
	a := New()
	put(t, a, "k", "1")
	b := a.Clone()
	put(t, a, "k", "2")
	put(t, b, "other", "3")
	if err := a.Delete(ctx, "absent"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    *Store
		key  string
		want string
	}{{a, "k", "2"}, {b, "k", "1"}, {b, "other", "3"}} {
		got, _, err := objstore.ReadAll(ctx, c.s, c.key)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.key, got, err, c.want)
		}
	}
	if _, err := a.Head(ctx, "other"); err == nil {
		t.Error("a write to the copy shows in the original")
	}
}

func TestModTimeIsTheInjectedClock(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	s := New(WithNow(func() time.Time { return at }), WithURL("memory://x"))
	put(t, s, "k", "v")
	info, err := s.Head(t.Context(), "k")
	if err != nil || !info.ModTime.Equal(at) {
		t.Errorf("got %v, %v", info.ModTime, err)
	}
	if s.URL() != "memory://x" {
		t.Error(s.URL())
	}
}

func put(t *testing.T, s *Store, key, value string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, objstore.Bytes([]byte(value)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}
