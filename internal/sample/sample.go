// Package sample makes sample events for demos, tests and benchmarks, as lines of JSON or into a Kafka topic.
//
// It owns the kinds of events and the pace at which they come; it knows nothing of tables.
package sample

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ingestd/ingestd/internal/applog"
	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/internal/suggest"
)

// Kinds are the kinds of events that there are.
var Kinds = []string{"shop", "app-log"}

// Events are n events of a kind, at a pace. It may be used once.
type Events struct {
	source interface{ Append(dst []byte) []byte }
	n      int64
	rate   int64
	pace   func(ctx context.Context, d time.Duration) error
	now    func() time.Time
}

// New makes n events (0: no end), at most rate a second (0: as fast as they are taken), the same for the same seed and start.
func New(kind string, n, rate int64, seed uint64, start time.Time) (*Events, error) {
	e := &Events{n: n, rate: rate, pace: sleep, now: time.Now}
	switch kind {
	case "shop":
		e.source = shop.New(seed, start)
	case "app-log":
		e.source = applog.New(seed, start)
	default:
		return nil, fmt.Errorf("there is no kind of event %q%s", kind, suggest.DidYouMean(kind, Kinds))
	}
	return e, nil
}

// Write writes the events to w, one a line. With a rate, w gets them when they are due.
func (e *Events) Write(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	paced := *e
	paced.pace = func(ctx context.Context, d time.Duration) error {
		if err := out.Flush(); err != nil {
			return err
		}
		return e.pace(ctx, d)
	}
	err := paced.each(ctx, func(event []byte) error {
		if _, err := out.Write(event); err != nil {
			return err
		}
		return out.WriteByte('\n')
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return err
}

// arena is how much memory events share; each event is a slice that nobody writes again.
const arena = 256 << 10

// each calls f with every event. With a rate it keeps to it in steps of a tenth of a second.
func (e *Events) each(ctx context.Context, f func([]byte) error) error {
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
		start := len(buf)
		buf = e.source.Append(buf)
		if err := f(buf[start:len(buf):len(buf)]); err != nil {
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
