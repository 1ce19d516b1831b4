package kafka

import (
	"context"
	"sync/atomic"
	"testing"
)

// counted counts the contexts that hang on it.
type counted struct {
	context.Context
	children atomic.Int64
}

// Value hides what is inside, so that children are hung up here.
func (c *counted) Value(any) any { return nil }

func (c *counted) AfterFunc(f func()) (stop func() bool) {
	c.children.Add(1)
	inner := context.AfterFunc(c.Context, f)
	return func() bool {
		c.children.Add(-1)
		return inner()
	}
}

func TestFetchesBetweenRangesLeaveNothingBehind(t *testing.T) {
	s, _ := (&broker{end: 100, batch: one(100)}).start(t, 1, 0)
	life := &counted{Context: s.life}
	s.life = life
	for at := range int64(50) {
		if n := counts(t, s, 1, at, at+1); n[0] != 1 {
			t.Fatalf("%d records at %d", n[0], at)
		}
	}
	s.reader.settle(t.Context())
	if n := life.children.Load(); n != 0 {
		t.Errorf("%d contexts are left", n)
	}
}
