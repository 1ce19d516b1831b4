package delta

import (
	"context"
	"fmt"
	"math/rand"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/stream/streamtest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are those of a sink on a store; clock and ids are the same in every run.
func options(store objstore.Store) Options {
	var ticks, files atomic.Int64
	life := lives.Add(1)
	return Options{
		Store: store,
		Now:   func() time.Time { return time.UnixMilli(1_790_000_000_000 + ticks.Add(1)) },
		sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Rand:  rand.New(rand.NewSource(1)),
		NewID: func() string { return fmt.Sprintf("00000000-0000-4000-8000-%06d%06d", life, files.Add(1)) },
	}
}

// lives counts sinks, so that no two name a file alike.
var lives atomic.Int64

func openTable(t testing.TB, store objstore.Store) *table.Table {
	t.Helper()
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// tableRows are the rows of streamtest.Schema in a table; none where there is no table yet.
func tableRows(t testing.TB, store objstore.Store) []streamtest.Row {
	t.Helper()
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		if _, ok := err.(*txlog.NotATableError); ok { //nolint:errorlint // as Open gives it
			return nil
		}
		t.Fatal(err)
	}
	var rows []streamtest.Row
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{Columns: []string{"partition", "offset", "value"}}) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, streamtest.Rows(rec)...)
		rec.Release()
	}
	return rows
}
