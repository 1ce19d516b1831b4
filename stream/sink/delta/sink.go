package delta

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// Sink appends micro-batches to a Delta table. It implements stream.Sink.
type Sink struct {
	o Options
	t *table.Table // as of the last commit or look; set by Open
}

// New makes a sink; nothing is read or written before Open.
func New(o Options) *Sink { return &Sink{o: o} }

// Name implements stream.Sink.
func (s *Sink) Name() string { return "DeltaSink[" + s.o.Store.URL() + "]" }

// Table is the table, nil before Open.
func (s *Sink) Table() *table.Table { return s.t }

// Open implements stream.Sink: it creates the table, or checks that the rows fit into it.
// Errors: *RetentionError, *table.PartitionedError and those of table.Table.CheckAppend, none of them retryable;
// those of reading the log and of table.Create.
func (s *Sink) Open(ctx context.Context, as *arrow.Schema) error {
	if err := s.open(ctx, as); err != nil {
		return err
	}
	if err := s.t.CheckAppend(as, s.o.MergeSchema); err != nil {
		return fmt.Errorf("table %s does not take these rows: %w", s.t.Location(), err)
	}
	return nil
}

// open opens the table, or makes it for rows of a schema.
func (s *Sink) open(ctx context.Context, as *arrow.Schema) error {
	if as == nil {
		return stream.ErrNoSchema
	}
	rows, err := table.SchemaOf(as)
	if err != nil {
		return err
	}
	t, _, err := table.CreateIfNotExists(ctx, s.o.Store, table.CreateOptions{
		Schema: rows, PartitionBy: s.o.PartitionBy, Properties: s.o.Properties, Name: s.o.Name, Description: s.o.Description,
	}, s.o.table()...)
	if err != nil {
		return err
	}
	if s.o.PartitionBy != nil {
		if err := t.CheckPartitionedBy(s.o.PartitionBy); err != nil {
			return err
		}
	}
	if !s.o.Checkpointed {
		if err := checkRetention(t); err != nil {
			return err
		}
	}
	s.t = t
	return nil
}

// Positions implements stream.Sink.
func (s *Sink) Positions(ctx context.Context, query string) (stream.Offsets, error) {
	if err := s.t.Refresh(ctx); err != nil {
		return nil, err
	}
	return positions(s.t.Snapshot(), query), nil
}

// Start implements stream.Sink.
func (s *Sink) Start(ctx context.Context, query string, o stream.Offsets) error {
	return start(ctx, s.t, s.o, query, o)
}

// start records where partitions begin that a table has not met.
func start(ctx context.Context, t *table.Table, options Options, query string, o stream.Offsets) error {
	if len(o) == 0 {
		return nil
	}
	var c table.CommitOptions
	for _, p := range o.Partitions() {
		c.Txns = append(c.Txns, table.Txn{AppID: appID(query, p), Version: o[p]})
		c.Require = append(c.Require, table.TxnRequirement{AppID: appID(query, p), Absent: true})
	}
	c.Operation, c.Parameters = streamingUpdate, parameters(query, -1)
	w, err := t.NewWriteSet(ctx, options.write())
	if err != nil {
		return err
	}
	_, err = w.Commit(ctx, c)
	return fenced(err)
}

// Begin implements stream.Sink.
func (s *Sink) Begin(ctx context.Context, id stream.BatchID) (stream.Writer, error) {
	w, err := s.t.NewWriteSet(ctx, s.o.write())
	if err != nil {
		return nil, err
	}
	return &writer{set: w, id: id, absent: s.forgotten(id)}, nil
}

// Forgets implements stream.Forgetful.
func (s *Sink) Forgets() bool { return checkRetention(s.t) != nil }

// forgotten are the partitions of a batch of which the table has no txn any more; none in a table that keeps them.
func (s *Sink) forgotten(id stream.BatchID) map[string]bool {
	if !s.Forgets() {
		return nil
	}
	absent := map[string]bool{}
	for p := range id.From {
		_, known := Position(s.t, id.Query, p)
		absent[p] = !known
	}
	return absent
}

// Close implements stream.Sink. The sink has no background work.
func (s *Sink) Close() error { return nil }

// fenced makes a conflict over txns the engine's ErrFenced.
func fenced(err error) error {
	if c := (*txlog.ConflictError)(nil); errors.As(err, &c) && c.Kind == txlog.ConcurrentTransaction {
		return fmt.Errorf("%w: %w", stream.ErrFenced, err)
	}
	return err
}
