package cdf

import (
	"context"
	"errors"
	"time"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// Bound is one end of a range of versions: a version, or a time. The zero Bound is neither.
type Bound struct {
	version int64
	at      time.Time
	kind    boundKind
}

type boundKind uint8

const (
	noBound boundKind = iota
	byVersion
	byTime
	earliest
)

// Earliest is where a range can begin at the earliest: the first version since which the feed has been on, of those that the log still has.
func Earliest() Bound { return Bound{kind: earliest} }

// Version is a bound at a version, which is within the range.
func Version(v int64) Bound { return Bound{version: v, kind: byVersion} }

// Time is a bound at a time: a range begins with the first version committed then or later, and ends with the last one committed
// then or before. Times of commits are in milliseconds.
func Time(at time.Time) Bound { return Bound{at: at, kind: byTime} }

// IsSet says whether b is a bound.
func (b Bound) IsSet() bool { return b.kind != noBound }

// Range is the versions from From to To, both included. From must be set. Without To, or with one that is not there yet, a range ends with the
// newest version.
type Range struct{ From, To Bound }

// resolve gives the first and the last version.
// Errors: *RangeError; those of [txlog.Log.VersionAt].
func (r Range) resolve(ctx context.Context, t *table.Table) (from, to int64, err error) {
	newest := t.Version()
	if from, err = r.first(ctx, t, newest); err != nil {
		return 0, 0, err
	}
	to = newest
	switch r.To.kind {
	case noBound, earliest:
	case byVersion:
		to = min(r.To.version, newest)
	case byTime:
		if to, err = t.Log().VersionAt(ctx, r.To.at); err != nil {
			return 0, 0, err
		}
	}
	if from > to {
		return 0, 0, &RangeError{From: from, To: to, Newest: newest}
	}
	return from, to, nil
}

func (r Range) first(ctx context.Context, t *table.Table, newest int64) (int64, error) {
	switch r.From.kind {
	case byTime:
		at := r.From.at.Add(time.Millisecond - 1).Truncate(time.Millisecond)
		v, err := t.Log().VersionAt(ctx, at.Add(-time.Millisecond))
		before := (*txlog.TimestampNotFoundError)(nil)
		if errors.As(err, &before) {
			return before.Version, nil
		}
		if err == nil && v >= newest {
			return 0, &LateError{At: r.From.at, Newest: newest}
		}
		return v + 1, err
	case byVersion:
		if r.From.version > newest || r.From.version < 0 {
			return 0, &RangeError{From: r.From.version, To: newest, Newest: newest}
		}
		return r.From.version, nil
	case earliest:
		return firstRecorded(ctx, t)
	case noBound:
	}
	return 0, errNoStart
}
