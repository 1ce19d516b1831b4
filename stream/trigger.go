package stream

import (
	"fmt"
	"time"
)

// Trigger says when micro-batches run. Its zero value is as fast as data comes.
type Trigger struct {
	kind     triggerKind
	interval time.Duration
}

type triggerKind int

const (
	processingTime triggerKind = iota
	once
	availableNow
)

// ProcessingTime runs a batch at each multiple of interval since the epoch, the first at once; when a batch takes
// longer than that, the next starts as soon as it ends (Spark's ProcessingTimeExecutor). With interval 0 a batch runs
// whenever there is data.
func ProcessingTime(interval time.Duration) Trigger {
	return Trigger{kind: processingTime, interval: max(interval, 0)}
}

// Once runs one batch of all data that there is, whatever the limits, and ends. A batch that an
// earlier run has begun but not committed runs before it.
func Once() Trigger { return Trigger{kind: once} }

// AvailableNow runs batches, each within the limits, up to the data that there was at the start, and ends.
func AvailableNow() Trigger { return Trigger{kind: availableNow} }

// String is the trigger in Spark's words.
func (t Trigger) String() string {
	switch t.kind {
	case once:
		return "Once"
	case availableNow:
		return "AvailableNow"
	default:
		return fmt.Sprintf("ProcessingTime(%s)", t.interval)
	}
}

// bounded says that the query ends by itself.
func (t Trigger) bounded() bool { return t.kind != processingTime }

// next is when the trigger after one at now fires.
func (t Trigger) next(now time.Time) time.Time {
	if t.interval == 0 {
		return now
	}
	ms, every := now.UnixMilli(), max(t.interval.Milliseconds(), 1)
	return time.UnixMilli(ms/every*every + every)
}
