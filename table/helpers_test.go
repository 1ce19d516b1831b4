package table

import (
	"fmt"
	"iter"
	"math/rand"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog"
)

// clock is a fixed clock that goes on by a second at each look.
func clock() func() time.Time {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n atomic.Int64
	return func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Second) }
}

// nextID gives ids that are unique among all tables of the test.
func nextID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", idCount.Add(1)) }

var idCount atomic.Int64

func options() []Option {
	return []Option{WithLogOptions(txlog.Options{Now: clock(), Rand: rand.New(rand.NewSource(1))}), WithIDs(nextID)}
}

// create makes a table in a new memory store.
func create(t testing.TB, columns string, partitionBy ...string) *Table {
	t.Helper()
	return createIn(t, mem.New(), CreateOptions{Schema: ddl(t, columns), PartitionBy: partitionBy})
}

func createIn(t testing.TB, store objstore.Store, o CreateOptions) *Table {
	t.Helper()
	tab, err := Create(t.Context(), store, o, options()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// reopen opens the table anew, as another process would.
func reopen(t testing.TB, tab *Table) *Table {
	t.Helper()
	out, err := Open(t.Context(), tab.Store(), options()...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// add appends rows in JSON of columns in DDL.
func add(t testing.TB, tab *Table, columns, rows string) Committed {
	t.Helper()
	c, err := tryAdd(t, tab, columns, rows, AppendOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryAdd(t testing.TB, tab *Table, columns, rows string, o AppendOptions) (Committed, error) {
	t.Helper()
	return tab.Append(t.Context(), Batches(jsonRows(t, ddl(t, columns), rows)), o)
}

// all are the rows of the table as it stands, sorted.
func all(t testing.TB, tab *Table, o ScanOptions) []string {
	t.Helper()
	rows, err := collect(tab.Scan(t.Context(), o))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func collect(in iter.Seq2[arrow.RecordBatch, error]) ([]string, error) {
	rows := []string{}
	for rec, err := range in {
		if err != nil {
			return nil, err
		}
		rows = append(rows, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(rows)
	return rows, nil
}

// keys lists the objects of the table that are data files.
func dataFiles(t testing.TB, tab *Table) []string {
	t.Helper()
	var keys []string
	for info, err := range tab.Store().List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if len(info.Key) > 8 && info.Key[len(info.Key)-8:] == ".parquet" && info.Key[0] != '_' {
			keys = append(keys, info.Key)
		}
	}
	return keys
}

func expectRows(t testing.TB, tab *Table, o ScanOptions, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := all(t, tab, o); !slices.Equal(got, want) {
		t.Errorf("rows are\n%v, want\n%v", got, want)
	}
}
