package delta

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// DeadLetterDDL are the columns of a table of dead letters.
const DeadLetterDDL = "query STRING, batch_id BIGINT, reason STRING, topic STRING, partition INT, offset BIGINT, " +
	"timestamp TIMESTAMP, key BINARY, value BINARY, headers ARRAY<STRUCT<key: STRING, value: BINARY>>, ingested_at TIMESTAMP"

// DeadLetters keeps rejected records in a Delta table, which is created when there is the first one and may be
// shared by queries. It implements stream.DeadLetters.
//
// The table has txns of its own, with the appIds of [Sink]: every record below a partition's txn that was to be
// rejected is there already, and is passed over when its batch runs again. It is looked for, since what is refused may have become more.
type DeadLetters struct {
	o Options

	mu         sync.Mutex
	t          *table.Table // nil until there is one
	background sync.WaitGroup
}

// NewDeadLetters makes the keeper; nothing is read or written yet. Of Options it takes Store, Properties,
// Name, Description and what tests set.
func NewDeadLetters(o Options) *DeadLetters { return &DeadLetters{o: o} }

// Begin implements stream.DeadLetters.
func (d *DeadLetters) Begin(_ context.Context, id stream.BatchID) (stream.DeadLetterWriter, error) {
	return &deadLetterWriter{to: d, id: id, start: map[string]table.TxnRequirement{}, known: map[string]map[letterKey]bool{}}, nil
}

// Close implements stream.DeadLetters: it waits for checkpoints under way.
func (d *DeadLetters) Close() error {
	d.background.Wait()
	return nil
}

// table opens or creates the table, at its newest version.
// Errors: *RetentionError, those of table.Table.CheckAppend for a table of other columns.
func (d *DeadLetters) table(ctx context.Context) (*table.Table, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.t != nil {
		return d.t, d.t.Refresh(ctx)
	}
	t, _, err := table.CreateIfNotExists(ctx, d.o.Store, table.CreateOptions{
		Schema: deadLetterSchema, Properties: d.o.Properties, Name: d.o.Name, Description: d.o.Description,
	}, d.o.table()...)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	if err := checkRetention(t); err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	if err := t.CheckAppend(deadLetterArrow, false); err != nil {
		return nil, fmt.Errorf("table %s does not take dead letters: %w", t.Location(), err)
	}
	d.t = t
	return t, nil
}

// exists says whether there is a table of dead letters yet.
func (d *DeadLetters) exists(ctx context.Context) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.t != nil {
		return true, nil
	}
	_, err := table.Open(ctx, d.o.Store, d.o.table()...)
	if absent := (*txlog.NotATableError)(nil); errors.As(err, &absent) {
		return false, nil
	}
	return err == nil, err
}

// run does the work that a commit has made due, beside what comes next.
func (d *DeadLetters) run(ctx context.Context, hooks []txlog.Hook) {
	work := dueOf(hooks)
	if work == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	d.background.Go(func() {
		if err := work(ctx); err != nil && d.o.Logger != nil { // harmless: the next commit asks again
			d.o.Logger.Warn("work that a commit of dead letters made due has failed", "table", d.o.Store.URL(), "error", err)
		}
	})
}
