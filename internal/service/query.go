package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/stream/format/raw"
	"github.com/ingestd/ingestd/stream/operator/autocdc"
	sqlop "github.com/ingestd/ingestd/stream/operator/sql"
	"github.com/ingestd/ingestd/stream/sink/console"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/stream/source/kafka"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Builder makes queries of what pipeline files say.
type Builder struct {
	Tables Tables
	// Stdout is where console sinks print.
	Stdout io.Writer
	Logger *slog.Logger
	// KafkaHooks makes what sees the work of a query's Kafka client, for metrics; nil for nothing.
	KafkaHooks func(query string) []kgo.Hook
}

// Query builds one query. It connects to stores, not to brokers; nothing is written but the metadata of a new checkpoint.
func (b Builder) Query(ctx context.Context, c *config.Query) (*stream.Query, error) {
	q := &stream.Query{Name: c.Name, Trigger: trigger(c.Trigger), Limits: limits(c), Logger: b.Logger}
	var err error
	if err := b.sink(ctx, c, q); err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	if q.Decoder, err = b.Decoder(ctx, c, q.Sink); err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	q.Operators = b.Operators(c, q.Sink)
	if c.CheckpointLocation != "" {
		if q.Checkpoint, err = b.checkpoint(ctx, c.CheckpointLocation); err != nil {
			return nil, fmt.Errorf("query %s: %w", c.Name, err)
		}
	}
	if q.Source, err = kafka.New(KafkaOptions(c.Source.Kafka, b.Logger, b.hooks(c.Name)...)); err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	return q, nil
}

func (b Builder) hooks(query string) []kgo.Hook {
	if b.KafkaHooks == nil {
		return nil
	}
	return b.KafkaHooks(query)
}

// Decoder makes the decoder that a query asks for. One that gives changes asks sink, which may be nil, what tables can hold.
func (b Builder) Decoder(ctx context.Context, c *config.Query, sink stream.Sink) (stream.Decoder, error) {
	rows, err := rowDecoder(c, sink)
	words, ok := b.words(c, sink)
	if err != nil || !ok || len(c.Operators) > 0 {
		return rows, err
	}
	changes, err := autocdc.NewDecoder(ctx, rows, words)
	if err != nil {
		return nil, fmt.Errorf("sink.delta: %w", err)
	}
	return changes, nil
}

// rowDecoder makes the decoder of a format.
func rowDecoder(c *config.Query, sink stream.Sink) (stream.Decoder, error) {
	if c.Format.Debezium != nil {
		return changesDecoder(c, sink)
	}
	f := c.Format.JSON
	if f == nil {
		return raw.New(raw.Options{IncludeHeaders: c.Source.Kafka.IncludeHeaders})
	}
	s, err := schema.ParseDDL(f.Schema)
	if err != nil {
		return nil, err
	}
	o := json.Options{Schema: s}
	if f.OnError == "rescue" {
		o.OnError = json.Rescue
	}
	if f.TimeZone != "" {
		if o.TimeZone, err = time.LoadLocation(f.TimeZone); err != nil {
			return nil, fmt.Errorf("format.json.time_zone: %w", err)
		}
	}
	for _, m := range f.Metadata {
		o.Metadata = append(o.Metadata, json.Metadata(m))
	}
	return json.New(o)
}

// Operators makes the operators that a query asks for. The last may be one that makes changes, which asks sink, that may be nil, whether it takes them.
func (b Builder) Operators(c *config.Query, sink stream.Sink) []stream.Operator {
	ops := b.sqlOperators(c)
	if words, ok := b.words(c, sink); ok && len(ops) > 0 {
		ops = append(ops, autocdc.NewOperator(words))
	}
	return ops
}

func (b Builder) sqlOperators(c *config.Query) []stream.Operator {
	var ops []stream.Operator
	for _, o := range c.Operators {
		ops = append(ops, sqlop.New(sqlop.Options{Query: o.SQL, OpenTable: b.Tables.OpenRef}))
	}
	return ops
}

func (b Builder) sink(ctx context.Context, c *config.Query, q *stream.Query) error {
	var err error
	switch d := c.Sink.Delta; {
	case d == nil:
		q.Sink = console.New(b.Stdout, console.Options{NumRows: c.Sink.Console.NumRows})
	case d.Mode == "cdc":
		q.Sink, err = b.cdcSink(c)
	default:
		q.Sink, err = b.deltaSink(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("sink.delta: %w", err)
	}
	return b.deadLetters(ctx, c, q)
}

// deltaSink makes the sink of modes append and merge.
func (b Builder) deltaSink(ctx context.Context, c *config.Query) (stream.Sink, error) {
	store, err := b.Tables.Store(ctx, c.Sink.Delta.Table)
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	o := b.deltaOptions(c)
	o.Store = store
	if c.Sink.Delta.Mode != "merge" {
		return delta.New(o), nil
	}
	s, err := mergeStatement(c.Sink.Delta)
	if err != nil {
		return nil, err
	}
	return delta.NewMerge(o, s, b.Tables.Expressions), nil
}

// mergeStatement is the MERGE of a sink of that mode.
func mergeStatement(d *config.Delta) (merge.Statement, error) {
	s := merge.Statement{On: d.On, SchemaEvolution: d.MergeSchema, Clauses: merge.Upsert()}
	if len(d.When) > 0 {
		s.Clauses = nil
	}
	for i, text := range d.When {
		clause, err := sql.ParseMergeClause(text)
		if err != nil {
			return s, fmt.Errorf("when[%d]: %w", i, err)
		}
		s.Clauses = append(s.Clauses, clause)
	}
	return s, nil
}

func (b Builder) deltaOptions(c *config.Query) delta.Options {
	d := c.Sink.Delta
	return delta.Options{
		PartitionBy: d.PartitionBy, Properties: d.TableProperties, MergeSchema: d.MergeSchema,
		Checkpointed: c.CheckpointLocation != "", TargetFileSize: int64(d.TargetFileSize), Logger: b.Logger,
		TableOptions: b.Tables.expressions(),
	}
}

// deadLetters wires what becomes of records that cannot be decoded.
func (b Builder) deadLetters(ctx context.Context, c *config.Query, q *stream.Query) error {
	onError := "dead_letter"
	switch {
	case c.Format.JSON != nil:
		onError = c.Format.JSON.OnError
	case c.Format.Debezium != nil:
		onError = c.Format.Debezium.OnError
	}
	switch {
	case onError == "fail":
		return nil // the engine ends the query at the first one
	case onError == "drop":
		q.DeadLetters = stream.DropRejected()
		return nil
	case c.DeadLetter.Table == "":
		return nil
	}
	store, err := b.Tables.Store(ctx, c.DeadLetter.Table)
	if err != nil {
		return fmt.Errorf("dead_letter.table: %w", err)
	}
	q.DeadLetters = delta.NewDeadLetters(delta.Options{Store: store, Logger: b.Logger})
	return nil
}

func trigger(t config.Trigger) stream.Trigger {
	switch {
	case t.Once:
		return stream.Once()
	case t.AvailableNow:
		return stream.AvailableNow()
	case t.ProcessingTime != nil:
		return stream.ProcessingTime(*t.ProcessingTime)
	}
	return stream.ProcessingTime(0)
}

// limits joins those of Spark's Kafka options and those of batch; the tighter holds.
func limits(c *config.Query) stream.Limits {
	l := stream.Limits{MaxRows: c.Batch.MaxRows, MaxBytes: int64(c.Batch.MaxBytes), MaxAge: c.Batch.MaxAge}
	if k := c.Source.Kafka; k != nil {
		l.MinRows = k.MinOffsetsPerTrigger
		l.MaxRows = tighter(l.MaxRows, k.MaxOffsetsPerTrigger)
		l.MaxAge = time.Duration(tighter(int64(l.MaxAge), int64(k.MaxTriggerDelay)))
	}
	return l
}

// tighter is the smaller bound, where 0 is none.
func tighter(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
