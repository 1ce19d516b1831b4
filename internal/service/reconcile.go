package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/source/kafka"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// Reconciliation compares the offsets of a query's source with the rows of its table.
type Reconciliation struct {
	Query      string
	Table      string
	Partitions []PartitionBalance
	Commits    int64 // of the query, as far back as the log reaches
	Offsets    int64 // consumed in those commits
	Rows       int64 // added in those commits
	Dead       int64 // dead letters of those offsets
	Records    int64 // counted in the source over those offsets; -1 where they were not counted
	Duplicates int64 // rows too many, by offset columns or by key; -1 where neither is there to tell
	Problems   []string
}

// PartitionBalance is where one partition stands.
type PartitionBalance struct {
	Partition        string
	Earliest, Latest int64 // of the source
	Start, Position  int64 // of the query in the table, as far back as the log reaches
	Behind           int64
	Dead             int64
}

// ReconcileOptions say how thoroughly.
type ReconcileOptions struct {
	Count bool   // read the source again and count its records
	Key   string // a column that is unique in each row
}

// Reconcile compares the source of a query with its Delta table.
func (b Builder) Reconcile(ctx context.Context, c *config.Query, o ReconcileOptions) (*Reconciliation, error) {
	if c.Sink.Delta == nil {
		return nil, fmt.Errorf("query %s: only a delta sink can be reconciled", c.Name)
	}
	if m := c.Sink.Delta.Mode; m == "merge" || m == "cdc" {
		return nil, fmt.Errorf("query %s: a table of mode %s cannot be reconciled: its rows are not the records of the source, of which several make one row, or none", c.Name, m)
	}
	r, err := b.reconcile(ctx, c, o)
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	return r, nil
}

func (b Builder) reconcile(ctx context.Context, c *config.Query, o ReconcileOptions) (*Reconciliation, error) {
	t, err := b.Tables.Open(ctx, c.Sink.Delta.Table)
	if err != nil {
		return nil, err
	}
	opts := KafkaOptions(c.Source.Kafka, slog.New(slog.DiscardHandler))
	opts.GroupID, opts.EndingOffsets = "", kafka.Latest()
	src, err := kafka.New(opts)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	r := &Reconciliation{Query: c.Name, Table: t.Location(), Records: -1, Duplicates: -1}
	w := &walk{r: r, query: c.Name, start: stream.Offsets{}, position: stream.Offsets{}}
	if err := w.commits(ctx, t); err != nil {
		return nil, err
	}
	dead, err := b.deadLetterCounts(ctx, c, r)
	if err != nil {
		return nil, err
	}
	if err := w.balance(ctx, src, dead); err != nil {
		return nil, err
	}
	if o.Count {
		if r.Records, err = countRecords(ctx, src, w.start, w.position); err != nil {
			return nil, err
		}
		dropped := c.Format.JSON != nil && c.Format.JSON.OnError == "drop"
		if missing := r.Records - r.Rows - r.Dead; len(c.Operators) == 0 && (missing < 0 || missing > 0 && !dropped) {
			r.Problems = append(r.Problems, fmt.Sprintf("the source has %d records in the offsets consumed, the table %d rows and the dead letters %d: %d unaccounted for",
				r.Records, r.Rows, r.Dead, missing))
		}
	}
	return r, b.duplicates(ctx, c, t, r, o.Key)
}

// walk follows a query's txns through the log.
type walk struct {
	r               *Reconciliation
	query           string
	start, position stream.Offsets
}

func (w *walk) commits(ctx context.Context, t *table.Table) error {
	earliest, err := t.Log().EarliestVersion(ctx)
	if err != nil {
		return err
	}
	for commit, err := range t.Log().Commits(ctx, earliest, t.Version()) {
		if err != nil {
			return err
		}
		w.commit(commit)
	}
	for id, version := range t.Snapshot().Txns() {
		if p, ok := strings.CutPrefix(id, w.query+"/"); ok && w.position[p] != version {
			w.position[p] = version
		}
	}
	return nil
}

func (w *walk) commit(c txlog.Commit) {
	var rows int64
	mine := false
	for _, a := range c.Actions {
		switch a := a.(type) {
		case *action.Txn:
			p, ok := strings.CutPrefix(a.AppID, w.query+"/")
			if !ok || strings.HasPrefix(p, "_dead_letter/") {
				continue
			}
			mine = true
			w.advance(c.Version, p, a.Version)
		case *action.Add:
			if a.DataChange {
				rows += recordsOf(a)
			}
		}
	}
	if mine {
		w.r.Commits++
		w.r.Rows += rows
	}
}

func (w *walk) advance(version int64, p string, to int64) {
	from, known := w.position[p]
	switch {
	case !known:
		w.start[p] = to
	case to < from:
		w.r.Problems = append(w.r.Problems, fmt.Sprintf("version %d takes %s back from offset %d to %d", version, p, from, to))
	default:
		w.r.Offsets += to - from
	}
	w.position[p] = to
}

// balance compares with what the source has.
func (w *walk) balance(ctx context.Context, src *kafka.Source, dead map[string]int64) error {
	latest, err := src.Latest(ctx, nil)
	if err != nil {
		return err
	}
	earliest, err := src.Earliest(ctx, latest.Partitions())
	if err != nil {
		return err
	}
	for _, p := range latest.Partitions() {
		b := PartitionBalance{Partition: p, Earliest: earliest[p], Latest: latest[p], Start: w.start[p], Position: w.position[p], Dead: dead[p]}
		b.Behind = max(0, b.Latest-max(b.Position, b.Earliest))
		if _, met := w.position[p]; met {
			if b.Earliest > b.Position {
				w.r.Problems = append(w.r.Problems, fmt.Sprintf("gap: %s: the table is at offset %d but the source begins at %d: %d offsets are lost", p, b.Position, b.Earliest, b.Earliest-b.Position))
			}
			if b.Position > b.Latest {
				w.r.Problems = append(w.r.Problems, fmt.Sprintf("%s: the table is at offset %d but the source ends at %d: was the topic recreated?", p, b.Position, b.Latest))
			}
		}
		w.r.Dead += b.Dead
		w.r.Partitions = append(w.r.Partitions, b)
	}
	for _, p := range w.position.Partitions() {
		if _, ok := latest[p]; !ok && !strings.HasPrefix(p, "_dead_letter/") {
			w.r.Problems = append(w.r.Problems, fmt.Sprintf("%s is in the table but no longer in the source", p))
		}
	}
	return nil
}

// countRecords reads [from, to) again, as far as the source still has it.
func countRecords(ctx context.Context, src *kafka.Source, from, to stream.Offsets) (int64, error) {
	to, from = to.Clone(), from.Clone()
	latest, err := src.Latest(ctx, nil)
	if err != nil {
		return 0, err
	}
	for p := range to {
		if _, ok := latest[p]; !ok {
			delete(to, p)
			delete(from, p)
		}
	}
	var n int64
	for chunk, err := range src.Read(ctx, from, to) {
		if err != nil {
			return 0, err
		}
		if chunk.Load != nil {
			err = chunk.Load()
		}
		if err == nil {
			n += int64(chunk.Records.Len())
		}
		if chunk.Done != nil {
			chunk.Done()
		}
		if err != nil {
			return 0, err
		}
	}
	return n, nil
}

// OK says that nothing was found wrong.
func (r *Reconciliation) OK() bool { return len(r.Problems) == 0 }

// notATable says that there is no table.
func notATable(err error) bool {
	var none *txlog.NotATableError
	return errors.As(err, &none)
}
