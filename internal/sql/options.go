package sql

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/predicate"
)

// Options shape a DB.
type Options struct {
	// MemoryLimit is what DuckDB may hold, in bytes; beyond it sorts, joins, aggregates and tables go to
	// TempDir, and what cannot is an error that says so. 0 is 256 MiB. Arrow rows are not counted.
	MemoryLimit int64
	// Threads is the number of threads, 0 for as many as Go uses.
	Threads int
	// TempDir is where DuckDB spills. "" is a new folder below the system's own, deleted by Close.
	TempDir string
	// KeepOrder keeps rows without ORDER BY in the order of their files, at some cost: for people who look
	// at results.
	KeepOrder bool
	// OpenTable opens the tables of delta(...). Nil makes delta(...) an error.
	OpenTable OpenTable
	// OpenChanges opens the change data feeds of table_changes(...). Nil makes table_changes(...) an error.
	OpenChanges func(ctx context.Context, ref ChangesRef) (TableSource, error)
}

// OpenTable opens a Delta table for one query. It is called while the query is checked, and its
// error ends the query; errors.Is and errors.As find it there.
type OpenTable func(ctx context.Context, ref TableRef) (TableSource, error)

// TableRef is what a query says of a Delta table: delta('path', version => 3). At most one of
// Version and Timestamp is set; neither means the latest version.
type TableRef struct {
	Path      string
	Version   *int64
	Timestamp *time.Time // the newest version committed at or before it
}

// String spells the reference as the query does.
func (r TableRef) String() string {
	path := quotedText(r.Path)
	switch {
	case r.Version != nil:
		return fmt.Sprintf("delta(%s, version => %d)", path, *r.Version)
	case r.Timestamp != nil:
		return fmt.Sprintf("delta(%s, timestamp => '%s')", path, r.Timestamp.UTC().Format(time.RFC3339Nano))
	}
	return "delta(" + path + ")"
}

// TableSource is one version of a Delta table.
type TableSource interface {
	// Schema is that of the rows.
	Schema() *arrow.Schema
	// Version is the table's version that is read.
	Version() int64
	// Scan yields the rows with columns, which are some of Schema's and at least one, found in the batches by
	// name. where is a hint by which files may be skipped; the rows are filtered again. Each
	// batch is the caller's to release. It may be called several times, and is stopped early by a query that
	// has enough.
	Scan(ctx context.Context, columns []string, where predicate.Filter) iter.Seq2[arrow.RecordBatch, error]
}

func (o Options) config() map[string]string {
	if o.MemoryLimit == 0 {
		o.MemoryLimit = 256 << 20
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return map[string]string{
		"memory_limit":                 fmt.Sprintf("%dB", o.MemoryLimit),
		"threads":                      fmt.Sprint(o.Threads),
		"temp_directory":               o.TempDir,
		"preserve_insertion_order":     fmt.Sprint(o.KeepOrder),
		"autoinstall_known_extensions": "false", // nothing is fetched from the network
		"autoload_known_extensions":    "false",
		"errors_as_json":               "true", // for the position of errors
	}
}
