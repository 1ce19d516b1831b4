package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/stream/source/kafka"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// DryRun is what a query made of a sample of its source.
type DryRun struct {
	Query    string
	Records  int64             // read
	Rejected map[string]int64  // how many records, by reason
	Example  map[string]string // where one of them is, by reason: "events/0@42"
	Schema   *arrow.Schema     // of the rows out
	Rows     []arrow.RecordBatch
	NumRows  int64 // in Rows
	Table    TableDifference
	Tables   []DryRunTable // of mode cdc, in place of Schema, Rows and Table: what the changes make of each
	Forecast Forecast
}

// Release gives the rows back.
func (d *DryRun) Release() {
	for _, rec := range d.Rows {
		rec.Release()
	}
	for _, t := range d.Tables {
		for _, rec := range t.Rows {
			rec.Release()
		}
	}
}

// TableDifference is how the rows differ from the table that they would go to.
type TableDifference struct {
	Location string
	Exists   bool
	Refused  error // why the table would not take the rows; nil where it would
	New      []string
	Missing  []string // columns of the table that would be null
}

// Forecast is what a day would bring, from the last 24 hours of the source and the sample.
type Forecast struct {
	RecordsLastDay int64
	RowsPerDay     int64
	BytesPerDay    int64
	FilesPerBatch  int64
	FilesPerDay    int64 // 0 where the trigger does not tell how many batches a day has
}

// DryRun reads the newest records of a query's source, at most sample of them, passes them through all
// that the query does, into a table in memory, and compares with the real one. It writes nothing. The caller calls Release.
func (b Builder) DryRun(ctx context.Context, c *config.Query, sample int64, now time.Time) (*DryRun, error) {
	start, lastDay, err := samplePosition(ctx, c.Source.Kafka, sample, now)
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	opts := KafkaOptions(c.Source.Kafka, b.Logger)
	opts.StartingOffsets, opts.GroupID = start, ""
	q := &stream.Query{Name: c.Name, Trigger: stream.AvailableNow(), Logger: slog.New(slog.DiscardHandler)}
	if q.Source, err = kafka.New(opts); err != nil {
		return nil, fmt.Errorf("query %s: %w", c.Name, err)
	}
	rejected := &rejects{reasons: map[string]int64{}, example: map[string]string{}}
	q.DeadLetters = rejected
	d := &DryRun{Query: c.Name, Rejected: rejected.reasons, Example: rejected.example}
	var committed stream.Committed
	q.OnProgress = func(p stream.Progress) {
		d.Records += p.NumInputRows
		committed.Files, committed.Bytes, committed.Rows = committed.Files+p.Committed.Files, committed.Bytes+p.Committed.Bytes, committed.Rows+p.Committed.Rows
	}
	if c.Sink.Delta != nil && c.Sink.Delta.Mode == "cdc" {
		err = b.dryRunChanges(ctx, c, q, d)
	} else {
		err = b.dryRunRows(ctx, c, q, d)
	}
	if err != nil {
		d.Release()
		return nil, err
	}
	d.Forecast = forecast(c, d.Records, committed, lastDay)
	return d, nil
}

// dryRunRows runs a query into a table in memory.
func (b Builder) dryRunRows(ctx context.Context, c *config.Query, q *stream.Query, d *DryRun) (err error) {
	q.Operators = b.Operators(c, nil)
	if q.Decoder, err = b.Decoder(ctx, c, nil); err != nil {
		return fmt.Errorf("query %s: %w", c.Name, err)
	}
	var partitionBy []string
	if c.Sink.Delta != nil {
		partitionBy = c.Sink.Delta.PartitionBy
	}
	sink := &schemaSink{Sink: delta.New(delta.Options{Store: mem.New(), PartitionBy: partitionBy})}
	q.Sink = sink
	if err := q.Run(ctx); err != nil {
		return err
	}
	d.Schema = sink.schema
	if d.Rows, err = rowsOf(ctx, sink.Table()); err != nil {
		return err
	}
	for _, r := range d.Rows {
		d.NumRows += r.NumRows()
	}
	d.Table, err = b.difference(ctx, c, sink.schema)
	return err
}

// samplePosition is the position that leaves about n records to the end, and how many came in the last 24 hours.
func samplePosition(ctx context.Context, k *config.Kafka, n int64, now time.Time) (kafka.Position, int64, error) {
	opts := KafkaOptions(k, slog.New(slog.DiscardHandler))
	opts.StartingOffsets, opts.EndingOffsets = kafka.Timestamp(now.Add(-24*time.Hour), true), kafka.Latest()
	src, err := kafka.New(opts)
	if err != nil {
		return kafka.Position{}, 0, err
	}
	defer func() { _ = src.Close() }()
	dayAgo, err := src.Start(ctx)
	if err != nil {
		return kafka.Position{}, 0, err
	}
	latest, err := src.Latest(ctx, nil)
	if err != nil {
		return kafka.Position{}, 0, err
	}
	earliest, err := src.Earliest(ctx, latest.Partitions())
	if err != nil {
		return kafka.Position{}, 0, err
	}
	exact := map[string]map[int32]int64{}
	share := max(1, n/int64(max(1, len(latest))))
	for p, end := range latest {
		topic, id := splitPartition(p)
		if exact[topic] == nil {
			exact[topic] = map[int32]int64{}
		}
		exact[topic][id] = max(earliest[p], end-share)
	}
	return kafka.Exact(exact), latest.Rows(dayAgo), nil
}

func rowsOf(ctx context.Context, t *table.Table) ([]arrow.RecordBatch, error) {
	var rows []arrow.RecordBatch
	for rec, err := range t.Scan(ctx, table.ScanOptions{Parallelism: 1}) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, rec)
	}
	return rows, nil
}

// forecast scales the sample to a day.
func forecast(c *config.Query, records int64, out stream.Committed, lastDay int64) Forecast {
	f := Forecast{RecordsLastDay: lastDay}
	if records == 0 {
		return f
	}
	f.RowsPerDay = int64(float64(lastDay) / float64(records) * float64(out.Rows))
	f.BytesPerDay = int64(float64(lastDay) / float64(records) * float64(out.Bytes))
	f.FilesPerBatch = out.Files
	every := c.Batch.MaxAge
	if c.Trigger.ProcessingTime != nil {
		every = max(every, *c.Trigger.ProcessingTime)
	}
	if every > 0 {
		f.FilesPerDay = min(int64(24*time.Hour/every), max(lastDay, 1)) * out.Files
	}
	return f
}

// difference compares rows of a schema with the query's table.
func (b Builder) difference(ctx context.Context, c *config.Query, s *arrow.Schema) (TableDifference, error) {
	if c.Sink.Delta == nil {
		return TableDifference{Location: "console"}, nil
	}
	d := TableDifference{Location: c.Sink.Delta.Table}
	t, err := b.Tables.Open(ctx, d.Location)
	var none *txlog.NotATableError
	switch {
	case errors.As(err, &none):
		d.New = arrowrows.Names(s)
		return d, nil
	case err != nil:
		return d, err
	}
	d.Exists = true
	have := t.Schema().Names()
	for _, n := range arrowrows.Names(s) {
		if t.Schema().Field(n) == nil {
			d.New = append(d.New, n)
		}
	}
	for _, n := range have {
		if !hasColumn(s, n) {
			d.Missing = append(d.Missing, n)
		}
	}
	d.Refused, err = b.refused(ctx, c.Sink.Delta, t, s)
	return d, err
}

// refused is why a table would not take rows of a schema.
func (b Builder) refused(ctx context.Context, d *config.Delta, t *table.Table, s *arrow.Schema) (refused, err error) {
	if d.Mode != "merge" || b.Tables.Expressions == nil {
		return cmp.Or(t.CheckAppend(s, d.MergeSchema), checkPartitions(t, d.PartitionBy)), nil
	}
	stmt, err := mergeStatement(d)
	if err != nil {
		return nil, err
	}
	return cmp.Or(merge.Check(ctx, t, b.Tables.Expressions, stmt, s), checkPartitions(t, d.PartitionBy)), nil
}

func checkPartitions(t *table.Table, by []string) error {
	if by == nil {
		return nil
	}
	return t.CheckPartitionedBy(by)
}

// Reasons are the reasons for which records were rejected, the most frequent first.
func (d *DryRun) Reasons() []string {
	return slices.SortedFunc(maps.Keys(d.Rejected), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.Rejected[b], d.Rejected[a]), cmp.Compare(a, b))
	})
}
