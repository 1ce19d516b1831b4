package stream

import (
	"context"
	"fmt"
	"maps"

	"github.com/ingestd/ingestd/stream/checkpoint"
)

// restore finds where the query stands: the sink's positions where it holds any, else what the
// checkpoint says, else where the source starts; and the batch that was begun but not committed.
func (r *run) restore(ctx context.Context) error {
	cp := checkpoint.State{Committed: -1}
	var err error
	if r.Checkpoint != nil { // before the sink is asked: another process may advance both
		if cp, err = r.Checkpoint.Load(ctx); err != nil {
			return err
		}
		r.next = cp.Committed + 1
	}
	held, err := r.Sink.Positions(ctx, r.Name)
	if err != nil {
		return fmt.Errorf("of sink %s: %w", r.Sink.Name(), err)
	}
	r.holds = held != nil
	r.pending = nil
	if cp.Pending() {
		r.pending = cp.Last
	}
	switch {
	case r.holds:
		held = r.remembered(cp, held)
		if err := r.checkNotAhead(cp, held); err != nil {
			return err
		}
		r.pos = held
	case r.Checkpoint != nil:
		r.pos = Offsets{}
		maps.Copy(r.pos, cp.Start)
		maps.Copy(r.pos, cp.At)
	case r.pos == nil: // nothing remembers but this run
		r.pos = Offsets{}
	}
	r.begun = r.begun || len(r.pos) > 0
	if !r.begun {
		if err := r.begin(ctx, cp.Start); err != nil {
			return err
		}
	}
	r.state.started(r.Now())
	return nil
}

// remembered adds to what a forgetful sink holds what the checkpoint knows of the other partitions.
func (r *run) remembered(cp checkpoint.State, held Offsets) Offsets {
	f, ok := r.Sink.(Forgetful)
	if !ok || !f.Forgets() || r.Checkpoint == nil {
		return held
	}
	all := Offsets{}
	maps.Copy(all, cp.At)
	maps.Copy(all, held)
	return all
}

// checkNotAhead refuses a checkpoint that is ahead of the sink: the rows between would be lost.
func (r *run) checkNotAhead(cp checkpoint.State, held Offsets) error {
	hint := Offsets{}
	maps.Copy(hint, cp.At)
	if cp.Pending() {
		maps.Copy(hint, cp.Last.From)
	}
	for _, p := range hint.Partitions() {
		at, ok := held[p]
		if !ok {
			at = -1
		}
		if hint[p] > at {
			return &AheadError{Query: r.Name, Partition: p, Hint: hint[p], Position: at, HintName: r.Checkpoint.Location(), SinkName: r.Sink.Name()}
		}
	}
	return nil
}

// begin gives a query without progress its start, which the sink or the checkpoint then hold: so
// that "latest" is asked only one time.
func (r *run) begin(ctx context.Context, recorded Offsets) error {
	start := recorded
	var err error
	if start == nil {
		if start, err = r.Source.Start(ctx); err != nil {
			return fmt.Errorf("find the start of source %s: %w", r.Source.Name(), err)
		}
		if r.Checkpoint != nil {
			if start, err = r.Checkpoint.Start(ctx, start); err != nil {
				return err
			}
		}
	}
	if err := r.startPartitions(ctx, start); err != nil {
		return err
	}
	r.begun = true
	return nil
}

// startPartitions has the sink record where partitions begin that it has not met.
func (r *run) startPartitions(ctx context.Context, o Offsets) error {
	if r.holds && len(o) > 0 {
		if err := r.Sink.Start(ctx, r.Name, o); err != nil {
			return fmt.Errorf("record the start in sink %s: %w", r.Sink.Name(), err)
		}
	}
	if r.pos == nil {
		r.pos = Offsets{}
	}
	maps.Copy(r.pos, o)
	return r.step(ctx, StepStarted)
}
