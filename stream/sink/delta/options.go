package delta

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog"
)

// Options say where and how rows are written.
type Options struct {
	// Store is rooted at the table.
	Store objstore.Store
	// PartitionBy are the columns that partition a table that Open creates; an existing one must be partitioned so.
	// Nil takes an existing table as it is.
	PartitionBy []string
	// Properties, Name and Description are given to a table that Open creates.
	Properties        map[string]string
	Name, Description string
	// MergeSchema adds columns that the table has not.
	MergeSchema bool
	// Checkpointed says that the query keeps its offsets in a checkpoint too, so that a table whose
	// txns expire (delta.setTransactionRetentionDuration) will do.
	Checkpointed bool
	// TargetFileSize, Parallelism and MemoryBudget are those of table.WriteOptions.
	TargetFileSize int64
	Parallelism    int
	MemoryBudget   int64

	// Expressions opens what evaluates the SQL in the metadata of the table (table.WithExpressions): constraints,
	// generated columns, defaults. Nil: a table that has some is not written.
	Expressions func() (expression.Compiler, error)

	Now    func() time.Time // nil: time.Now
	Rand   *rand.Rand       // of the jitter between attempts to commit; nil: a seed of its own
	Logger *slog.Logger     // nil: none
	NewID  func() string    // of files; nil: random UUIDs
	// TableOptions are given to the table beside these: table.WithExpressions for one with constraints.
	TableOptions []table.Option

	sleep func(context.Context, time.Duration) error // between attempts to commit; tests do not wait
}

func (o Options) table() []table.Option {
	opts := []table.Option{table.WithLogOptions(txlog.Options{Now: o.Now, Rand: o.Rand, Logger: o.Logger, Sleep: o.sleep})}
	if o.Expressions != nil {
		opts = append(opts, table.WithExpressions(o.Expressions))
	}
	if o.NewID != nil {
		opts = append(opts, table.WithIDs(o.NewID))
	}
	return append(opts, o.TableOptions...)
}

func (o Options) write() table.WriteOptions {
	return table.WriteOptions{MergeSchema: o.MergeSchema, TargetFileSize: o.TargetFileSize, Parallelism: o.Parallelism, MemoryBudget: o.MemoryBudget}
}

// RetentionError says that a table forgets the progress that a query keeps in it.
type RetentionError struct {
	Location  string
	Retention string // the property's value
}

func (e *RetentionError) Error() string {
	return fmt.Sprintf("table %s forgets txns after %s (%s), so it cannot hold the progress of a query: "+
		"give the query a checkpoint_location, or remove the property from the table", e.Location, e.Retention, txlog.PropSetTransactionRetain)
}

// checkRetention refuses a table that expires txns, and one of which that is not known: other engines may read
// spellings of the property that we do not. Error: *RetentionError.
func checkRetention(t *table.Table) error {
	if v, limited := t.Snapshot().Properties().Get(txlog.PropSetTransactionRetain); limited {
		return &RetentionError{Location: t.Location(), Retention: v}
	}
	return nil
}
