package stream

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// batch is a planned micro-batch.
type batch struct {
	id       int64
	at       Offsets // where the sink stands, for all partitions
	from, to Offsets // what is read: the partitions with data
	reached  Offsets // the partitions that move
	after    Offsets // where the sink stands then, for all partitions
	latest   Offsets // what the source had when it was planned
	logged   bool    // it is in the offset log
}

// newBatch plans from pos to to. A partition that to lacks stays; one that is set back is not read.
func newBatch(id int64, pos, to, latest Offsets) *batch {
	b := &batch{id: id, at: pos.Clone(), from: Offsets{}, to: Offsets{}, reached: Offsets{}, after: pos.Clone(), latest: latest}
	for p, end := range to {
		at := pos[p]
		if end == at {
			continue
		}
		b.reached[p] = end
		b.after[p] = end
		if end > at {
			b.from[p], b.to[p] = at, end
		}
	}
	return b
}

// ofSource is where the sink stands then, in the partitions that the source has: a sink also knows of partitions that
// are gone, and of those of other sources under the query's name (dead letters that were sent through it again).
func (b *batch) ofSource() Offsets {
	o := Offsets{}
	for p, at := range b.after {
		if _, ok := b.latest[p]; ok {
			o[p] = at
		}
	}
	return o
}

// plan cuts the next batch; nil when there is nothing to do yet.
func (r *run) plan(ctx context.Context) (*batch, error) {
	if r.pending != nil {
		return r.planPending()
	}
	latest, err := r.latest(ctx)
	if err != nil {
		return nil, err
	}
	planned := r.report.clock()
	defer r.report.took(durPlanning, planned)
	if err := r.startNew(ctx, latest); err != nil {
		return nil, err
	}
	now := r.Now()
	rows, back := latest.Rows(r.pos), r.setBack(latest)
	if !r.rowsDue(now, rows) && !back {
		return nil, nil
	}
	to := latest
	if r.Trigger.kind != once {
		to = share(r.limiter.maxRows(), r.pos, latest)
	}
	r.limiter.cut(now)
	return newBatch(r.next, r.pos, to, latest), nil
}

// rowsDue says whether so many waiting rows make a batch now.
func (r *run) rowsDue(now time.Time, rows int64) bool {
	if r.Trigger.bounded() {
		return rows > 0
	}
	return r.limiter.due(now, rows)
}

// planPending plans the batch that was begun but not committed again, less what the sink has of it.
func (r *run) planPending() (*batch, error) {
	p := r.pending
	pos, to := r.pos.Clone(), Offsets(p.To).Clone()
	if !r.holds {
		maps.Copy(pos, p.From)
	}
	for name, end := range to {
		at, ok := pos[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("the checkpoint %s does not say where batch %d starts in %s", r.Checkpoint.Location(), p.ID, name)
		case r.holds && at > end && p.From[name] <= end:
			to[name] = at // the sink has more already
		}
	}
	b := newBatch(p.ID, pos, to, to)
	b.logged = true
	return b, nil
}

// latest is how far the query may read. Where a bounded query ends was found at its start, so that another process
// may have gone beyond it meanwhile: that is no reason to take the sink back.
func (r *run) latest(ctx context.Context) (Offsets, error) {
	if r.until != nil {
		latest := r.until.Clone()
		for p, end := range latest {
			latest[p] = max(end, r.pos[p])
		}
		return latest, nil
	}
	began := r.report.clock()
	latest, err := r.Source.Latest(ctx, r.pos)
	r.report.took(durLatest, began)
	if err != nil {
		return nil, fmt.Errorf("ask source %s for its latest offsets: %w", r.Source.Name(), err)
	}
	if r.Trigger.bounded() {
		r.until = latest
	}
	return latest, nil
}

// startNew begins partitions that have appeared at their earliest offset.
func (r *run) startNew(ctx context.Context, latest Offsets) error {
	var names []string
	for _, p := range latest.Partitions() {
		if _, ok := r.pos[p]; !ok {
			names = append(names, p)
		}
	}
	if len(names) == 0 {
		return nil
	}
	r.Logger.Info("new partitions", "partitions", names)
	o, err := r.Source.Earliest(ctx, names)
	if err != nil {
		return fmt.Errorf("ask source %s for the earliest offsets of %v: %w", r.Source.Name(), names, err)
	}
	return r.startPartitions(ctx, o)
}

// setBack says whether the source now ends before the query's position somewhere, and may.
func (r *run) setBack(latest Offsets) bool {
	back := false
	for _, p := range latest.Partitions() {
		if latest[p] < r.pos[p] {
			back = true
			r.Logger.Warn("the source ends before the query's position: records may be lost; going on from its end", "partition", p, "position", r.pos[p], "end", latest[p])
		}
	}
	return back
}
