package delta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
)

// held is a store whose commits of changes wait for what before says.
type held struct {
	objstore.Store
	before func(ctx context.Context) error
}

func (s *held) Put(ctx context.Context, key string, body objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if strings.HasPrefix(key, "_delta_log/") && key != firstCommit {
		if err := s.before(ctx); err != nil {
			return objstore.Info{}, err
		}
	}
	return s.Store.Put(ctx, key, body, c)
}

// busyError is that of a store which has no time now.
type busyError struct{}

func (busyError) Error() string   { return "busy" }
func (busyError) Retryable() bool { return true }

// gate lets commits through when so many are at it.
type gate struct {
	mu        sync.Mutex
	opens     int
	in, most  int
	open      chan struct{}
	calledOff int
	fails     error // what the last of them gets instead
}

func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	g.in++
	g.most = max(g.most, g.in)
	err := error(nil)
	if g.in == g.opens && g.fails != nil {
		err = g.fails
	} else if g.in == g.opens && g.open != nil {
		close(g.open)
		g.open = nil
	}
	open := g.open
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.in--
	}()
	if err != nil || open == nil {
		return err
	}
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		g.calledOff++
		return ctx.Err()
	}
}

func (l *lake) gated(tables int, g *gate) (s *CDC, events []ev) {
	g.open = make(chan struct{})
	for i := range tables {
		l.stores[fmt.Sprint("lake/t", i)] = &held{mem.New(), g.pass}
		events = append(events, ev{table: fmt.Sprint("t", i), op: changes.Create, id: int64(i)})
	}
	return l.sink("lake/{table}", changes.Options{}), events
}

func TestTablesAreCommittedSideBySide(t *testing.T) {
	l, g := newLake(t), &gate{opens: commitsAtOnce} // the first wait until as many are at it
	s, events := l.gated(3*commitsAtOnce, g)
	l.run(s, events...)
	if g.most != commitsAtOnce {
		t.Errorf("%d at once, not %d", g.most, commitsAtOnce)
	}
	for i := range events {
		l.expect(fmt.Sprint("lake/t", i), fmt.Sprintf(`id=%d;v="";`, i))
	}
}

func TestAFailureThatMayGoAwayCallsTheOtherTablesOff(t *testing.T) {
	l, g := newLake(t), &gate{opens: commitsAtOnce, fails: busyError{}}
	s, events := l.gated(3*commitsAtOnce, g)
	from, reached := ends(events)
	w, d := l.begin(s, stream.BatchID{Query: "q", From: from}, events...)
	if err := d.Commit(t.Context(), reached); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context(), reached); !errors.Is(err, busyError{}) || errors.Is(err, context.Canceled) {
		t.Fatalf("it ends with %v", err)
	}
	if g.calledOff == 0 || g.most != commitsAtOnce {
		t.Errorf("%d of %d were called off", g.calledOff, g.most)
	}
	g.open, g.fails = nil, nil
	if tries := l.run(s, events...); tries != 1 {
		t.Errorf("%d tries", tries)
	}
	for i := range events {
		l.expect(fmt.Sprint("lake/t", i), fmt.Sprintf(`id=%d;v="";`, i))
	}
	if got, reasons := l.refused(); len(got) > 0 {
		t.Errorf("dead letters %q: %q", got, reasons)
	}
}
