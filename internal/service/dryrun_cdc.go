package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog"
)

// DryRunTable is what a sample of changes made of one table.
type DryRunTable struct {
	Table   TableDifference
	Schema  *arrow.Schema // of the table then
	Rows    []arrow.RecordBatch
	NumRows int64 // in Rows
}

// dryRunChanges applies a sample of changes to tables in memory, which have the columns of the real ones and none of their rows.
func (b Builder) dryRunChanges(ctx context.Context, c *config.Query, q *stream.Query, d *DryRun) error {
	twins := &twins{b: b, all: map[string]*twin{}}
	o := b.cdcOptions(c)
	o.Store, o.Table.Checkpointed, o.Table.Logger, o.ForgetDeletions = twins.store, true, q.Logger, true
	sink, err := delta.NewCDC(o)
	if err == nil {
		q.Sink = sink
		q.Operators = b.Operators(c, sink)
		q.Decoder, err = b.Decoder(ctx, c, sink)
	}
	if err != nil {
		return fmt.Errorf("query %s: %w", c.Name, err)
	}
	if err := q.Run(ctx); err != nil {
		return err
	}
	for _, location := range slices.Sorted(maps.Keys(twins.all)) {
		t, err := twins.all[location].outcome(ctx, location)
		if err != nil {
			return err
		}
		if t != nil {
			d.Tables = append(d.Tables, *t)
			d.NumRows += t.NumRows
		}
	}
	return nil
}

// twins are tables in memory in place of real ones, by location.
type twins struct {
	b   Builder
	mu  sync.Mutex
	all map[string]*twin
}

// twin is a table in memory in place of a real one, which is nil where there is none.
type twin struct {
	real  *table.Table
	store objstore.Store
}

// store gives the store of a twin. Errors: those of opening the real table.
func (t *twins) store(ctx context.Context, location string) (objstore.Store, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.all[location]; known != nil {
		return known.store, nil
	}
	real, err := t.b.Tables.Find(ctx, location)
	if err != nil {
		return nil, err
	}
	made := &twin{real, mem.New(mem.WithURL(location))}
	if real != nil {
		if err := made.copyColumns(ctx); err != nil {
			return nil, err
		}
	}
	t.all[location] = made
	return made.store, nil
}

// copyColumns makes the twin like the real table, without what only its own log knows.
func (t *twin) copyColumns(ctx context.Context) error {
	as, err := arrowmap.ToArrow(t.real.Schema())
	if err != nil {
		return err
	}
	columns, err := table.SchemaOf(as)
	if err != nil {
		return err
	}
	props := map[string]string{}
	if source, ok := t.real.Snapshot().Properties().Get(txlog.PropSource); ok {
		props[txlog.PropSource] = source
	}
	if columns.CheckFileNames() != nil {
		props[txlog.PropMappingMode] = "name"
	}
	_, err = table.Create(ctx, t.store, table.CreateOptions{Schema: columns, PartitionBy: t.real.PartitionColumns(), Properties: props})
	return err
}

// outcome is what the table has become; nil where there is none.
func (t *twin) outcome(ctx context.Context, location string) (*DryRunTable, error) {
	made, err := table.Open(ctx, t.store)
	if notATable(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := &DryRunTable{Table: TableDifference{Location: strings.TrimRight(location, "/"), Exists: t.real != nil}}
	if o.Schema, err = made.ScanSchema(table.ScanOptions{}); err != nil {
		return nil, err
	}
	if o.Rows, err = rowsOf(ctx, made); err != nil {
		return nil, err
	}
	for _, r := range o.Rows {
		o.NumRows += r.NumRows()
	}
	for _, n := range made.Schema().Names() {
		if t.real == nil || t.real.Schema().Field(n) == nil {
			o.Table.New = append(o.Table.New, n)
		}
	}
	return o, nil
}
