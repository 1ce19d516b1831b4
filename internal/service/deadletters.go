package service

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/checkpoint"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/stream/source/deadletter"
	"github.com/ingestd/ingestd/table"
)

// DeadLetters opens the dead letters of a query. A nil table without an error says that there are none.
func (b Builder) DeadLetters(ctx context.Context, c *config.Query) (*table.Table, error) {
	if c.DeadLetter.Table == "" {
		return nil, nil
	}
	t, err := b.Tables.Open(ctx, c.DeadLetter.Table)
	if notATable(err) {
		return nil, nil
	}
	return t, err
}

// Waiting yields the dead letters of a query that were not sent through it again yet, or, with all, those too that were.
func (b Builder) Waiting(ctx context.Context, c *config.Query, all bool) iter.Seq2[[]deadletter.Letter, error] {
	return func(yield func([]deadletter.Letter, error) bool) {
		letters, err := b.DeadLetters(ctx, c)
		if err != nil {
			yield(nil, err)
			return
		}
		if letters == nil {
			return
		}
		var from int64
		if !all {
			if from, err = b.replayed(ctx, c); err != nil {
				yield(nil, err)
				return
			}
		}
		deadletter.Letters(ctx, letters, c.Name, from, letters.Version()+1)(yield)
	}
}

// replayed is the first version of the dead letters that was not sent through the query again yet.
func (b Builder) replayed(ctx context.Context, c *config.Query) (int64, error) {
	switch {
	case c.Sink.Delta == nil:
		return 0, nil
	case manyTables(c):
		return b.replayedByCheckpoint(ctx, c)
	}
	t, err := b.Tables.Open(ctx, c.Sink.Delta.Table)
	if notATable(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	position, ok := delta.Position(t, c.Name, deadletter.Partition)
	if !ok {
		return 0, nil
	}
	return deadletter.Version(position), nil
}

// manyTables says whether a query feeds many tables, none of which can hold its progress.
func manyTables(c *config.Query) bool {
	return c.Sink.Delta != nil && c.Sink.Delta.Many()
}

// replayCheckpoint is where the progress of replays is kept for a query of many tables: beside its own.
func replayCheckpoint(c *config.Query) string {
	return strings.TrimRight(c.CheckpointLocation, "/") + "_replay"
}

// replayedByCheckpoint is replayed for many tables. It makes no checkpoint where there is none.
func (b Builder) replayedByCheckpoint(ctx context.Context, c *config.Query) (int64, error) {
	store, err := b.Tables.Store(ctx, replayCheckpoint(c))
	if err != nil {
		return 0, err
	}
	there, err := checkpoint.Exists(ctx, store)
	if !there || err != nil {
		return 0, err
	}
	cp, err := checkpoint.Open(ctx, store, checkpoint.Options{})
	if err != nil {
		return 0, err
	}
	state, err := cp.Load(ctx)
	return deadletter.Version(state.At[deadletter.Partition]), err
}

// checkpoint opens the checkpoint at a path or URL.
func (b Builder) checkpoint(ctx context.Context, location string) (*checkpoint.Checkpoint, error) {
	store, err := b.Tables.Store(ctx, location)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return checkpoint.Open(ctx, store, checkpoint.Options{})
}

// Replay makes a query that sends the waiting dead letters of c through it again and ends; nil where there are none.
// Those that decode now go to its table, exactly once; the others become dead letters again, with their new reason.
func (b Builder) Replay(ctx context.Context, c *config.Query) (*stream.Query, error) {
	letters, err := b.DeadLetters(ctx, c)
	if letters == nil || err != nil {
		return nil, err
	}
	if c.Sink.Delta == nil {
		return nil, fmt.Errorf("query %s: dead letters can only be replayed into a delta sink, which remembers how far it was", c.Name)
	}
	again := *c
	again.CheckpointLocation = "" // the table holds the progress of the replay
	q := &stream.Query{Name: c.Name, Source: deadletter.New(letters, c.Name), Trigger: stream.AvailableNow(), Logger: b.Logger}
	if manyTables(c) {
		again.CheckpointLocation = replayCheckpoint(c)
		if q.Checkpoint, err = b.checkpoint(ctx, again.CheckpointLocation); err != nil {
			return nil, fmt.Errorf("query %s: %w", c.Name, err)
		}
	}
	if err := b.sink(ctx, &again, q); err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	q.Operators = b.Operators(c, q.Sink)
	if q.Decoder, err = b.Decoder(ctx, c, q.Sink); err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	return q, nil
}
