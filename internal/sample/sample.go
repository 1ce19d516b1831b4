// Package sample makes sample events for demos, tests and benchmarks, as lines of JSON or into topics of Kafka.
//
// It owns the kinds of events and the pace at which they come; it knows nothing of tables.
package sample

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/ingestd/ingestd/internal/shopdb"
)

// Options say which events.
type Options struct {
	Kind   string // one of Kinds
	Events int64  // how many; 0: no end
	Rate   int64  // at most so many a second; 0: as fast as they are taken
	Seed   uint64 // the same seed and start make the same events
	Start  time.Time
	// Topic is where they go, "events" where empty; of debezium the prefix of the topics, "shop" where empty.
	Topic string
}

func (o Options) topic(usual string) string {
	if o.Topic == "" {
		return usual
	}
	return o.Topic
}

// Events are n events of a kind, at a pace. It may be used once.
type Events struct {
	source source
	n      int64
	rate   int64
	pace   func(ctx context.Context, d time.Duration) error
	now    func() time.Time
}

// New makes events. Errors: an unknown kind.
func New(o Options) (*Events, error) {
	s, err := newSource(o)
	if err != nil {
		return nil, err
	}
	return &Events{source: s, n: o.Events, rate: o.Rate, pace: sleep, now: time.Now}, nil
}

// Of are n events of a database, as kind debezium has them; its rows are those after the last event that was taken. The database ends
// after them.
func Of(d *shopdb.Database, n int64) *Events {
	d.EndAfter(n)
	return &Events{source: changes{d}, n: n, pace: sleep, now: time.Now}
}

// Topics are those that the events go to.
func (e *Events) Topics() []string { return e.source.topics() }

// Write writes the events to w, one a line: the value, or an object with topic, key, value and headers where there is more than that.
// With a rate, w gets them when they are due.
func (e *Events) Write(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	paced := *e
	paced.pace = func(ctx context.Context, d time.Duration) error {
		if err := out.Flush(); err != nil {
			return err
		}
		return e.pace(ctx, d)
	}
	var line []byte
	err := paced.each(ctx, func(event shopdb.Event) error {
		line = append(e.source.appendLine(line[:0], event), '\n')
		_, err := out.Write(line)
		return err
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// arena is how much memory events share; each event is a slice that nobody writes again.
const arena = 256 << 10

// each calls f with every event. With a rate it keeps to it in steps of a tenth of a second.
func (e *Events) each(ctx context.Context, f func(shopdb.Event) error) error {
	step := e.rate / 10
	if e.rate > 0 && step == 0 {
		step = 1
	}
	began := e.now()
	buf := make([]byte, 0, arena)
	for i := int64(0); e.n == 0 || i < e.n; i++ {
		if step > 0 && i%step == 0 {
			due := began.Add(time.Duration(float64(i) / float64(e.rate) * float64(time.Second)))
			if err := e.pace(ctx, due.Sub(e.now())); err != nil {
				return err
			}
		}
		if cap(buf)-len(buf) < arena/16 {
			buf = make([]byte, 0, arena)
		}
		var event shopdb.Event
		event, buf = e.source.next(buf)
		if err := f(event); err != nil {
			return err
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
