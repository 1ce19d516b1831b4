//go:build integration

package engines

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// folder is a new place for a table.
func folder(t testing.TB) string { return filepath.Join(t.TempDir(), "table") }

func store(t testing.TB, dir string) objstore.Store {
	t.Helper()
	s, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ddl(t testing.TB, columns string) *schema.Struct {
	t.Helper()
	s, err := schema.ParseDDL(columns)
	if err != nil {
		t.Fatalf("%s: %v", columns, err)
	}
	return s
}

// arrowSchema is that of batches with these columns.
func arrowSchema(t testing.TB, columns string) *arrow.Schema {
	t.Helper()
	s, err := arrowmap.ToArrow(ddl(t, columns))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t testing.TB, dir string, o table.CreateOptions) *table.Table {
	t.Helper()
	tab, err := table.Create(t.Context(), store(t, dir), o)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func open(t testing.TB, dir string) *table.Table {
	t.Helper()
	tab, err := table.Open(t.Context(), store(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// add appends batches, which stay the caller's, and does the work that the commit makes due.
func add(t testing.TB, tab *table.Table, o table.AppendOptions, batches ...arrow.RecordBatch) table.Committed {
	t.Helper()
	c, err := tryAdd(t.Context(), tab, o, batches...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryAdd(ctx context.Context, tab *table.Table, o table.AppendOptions, batches ...arrow.RecordBatch) (table.Committed, error) {
	for _, b := range batches {
		b.Retain()
	}
	c, err := tab.Append(ctx, table.Batches(batches...), o)
	if err != nil {
		return c, err
	}
	for _, due := range c.Due {
		if err := due.Run(ctx); err != nil {
			return c, fmt.Errorf("after commit %d: %s: %w", c.Version, due.Name(), err)
		}
	}
	return c, nil
}

// rows makes a batch of JSON objects.
func rows(t testing.TB, columns string, objects ...string) arrow.RecordBatch {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrowSchema(t, columns))
	defer b.Release()
	for _, o := range objects {
		if err := b.UnmarshalJSON([]byte(o)); err != nil {
			t.Fatalf("%s: %v", o, err)
		}
	}
	batch := b.NewRecordBatch()
	t.Cleanup(batch.Release)
	return batch
}

// scan is the table as we read it, in the version that tab stands at.
func scan(ctx context.Context, tab *table.Table, o table.ScanOptions) (parts.Rows, error) {
	s, err := tab.ScanSchema(o)
	if err != nil {
		return parts.Rows{}, err
	}
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for batch, err := range tab.Scan(ctx, o) {
		if err != nil {
			return parts.Rows{}, err
		}
		batches = append(batches, batch)
	}
	return parts.Canon(s, batches...), nil
}
