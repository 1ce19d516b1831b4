package changes

import (
	"context"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// SchemaChange says what becomes of columns that the changes have and the table has not, or has in another type. The words are those of
// Flink CDC.
type SchemaChange string

// The ways. A column that the changes no longer have stays in the table with all of them, and is null in rows that come.
const (
	// Evolve adds columns and widens types; what cannot become of a type refuses the change.
	Evolve SchemaChange = "evolve"
	// TryEvolve is Evolve where the table lets columns be added and types be widened, else Ignore.
	TryEvolve SchemaChange = "try_evolve"
	// Lenient adds columns, and never changes the type of one: values are cast where they fit.
	Lenient SchemaChange = "lenient"
	// Ignore leaves the table as it is: columns that it has not are left out, values are cast where they fit.
	Ignore SchemaChange = "ignore"
	// Exception refuses changes that have other columns or types.
	Exception SchemaChange = "exception"
)

// Options say how changes are applied. The zero value is good for most.
type Options struct {
	dml.Options
	// Keys are the columns that name a row; nil: those that the changes tell.
	Keys []string
	// SchemaChange is Evolve where it is empty.
	SchemaChange SchemaChange
	// SourceMemory in bytes is what of the changes is kept in memory; TempDir is where the others go. Memory, where it is not nil, is
	// what the appliers of many tables share instead.
	SourceMemory int64
	Memory       *Memory
	TempDir      string
	// SoftDelete marks rows that are deleted in the source as such, and keeps them: the table has the columns [DeletedColumn],
	// [LastOpColumn] and [LastSourceColumn].
	SoftDelete bool
	// History keeps each version of a row (SCD type 2): the table has the columns [StartColumn] and [EndColumn] more, whose values are those of
	// [SourceTimeColumn]. A change ends the current version and, but for a deletion, begins another; one that comes late finds its place among those that there are. Of changes
	// of one row that have the same sequence, deletions are before the others, and the others are one. Not with SoftDelete.
	History bool
	// Tombstones is where the table of deleted keys lies; nil: deletions are not remembered, and an older change that comes after one
	// brings the row back. TombstoneRetention is how long; 0 is DefaultTombstoneRetention.
	Tombstones         objstore.Store
	TombstoneRetention time.Duration
	// TombstoneMemory, where it is not nil, is what the tombstones of many tables share; else those of this one have DefaultTombstoneMemory.
	TombstoneMemory *Memory
	// TableOptions are for the table of tombstones.
	TableOptions []table.Option
	// Widen is called before types of the table's columns widen where delta.enableTypeWidening is not on, to turn it on; nil: they do not.
	Widen func(context.Context, *table.Table) error
	// Now is the clock; nil is the machine's.
	Now func() time.Time
}

// Memory is an account of how many bytes of changes are kept in memory. Where it is exhausted, the changes of the table that has most go to disk.
// Many goroutines may use it.
type Memory = match.Memory

// NewMemory makes an account of so many bytes; 0 is match.DefaultBudget.
func NewMemory(limit int64) *Memory { return match.NewMemory(limit) }

// Result says what a set of changes did.
type Result struct {
	table.Committed
	Inserted, Updated, Deleted int64 // rows of the table
	Stale                      int64 // keys of which the table had a newer change, or a deletion
	Unknown                    int64 // rows with values that nobody knows: they are null
	Tries                      int
	Untidy                     error // why the table of tombstones was not written anew where it was due: the next commit tries again
}

// KeysError says that the keys by which changes are to be applied are none.
type KeysError struct {
	Origin Origin
	Key    string // a column that is missing; "" where there are no keys at all
}

func (e *KeysError) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("the changes of %s do not tell which columns name a row: give the table a primary key, or set keys", e.Origin)
	}
	return fmt.Sprintf("the changes of %s have no column %s, which is a key", e.Origin, e.Key)
}

// String is the table's name with what it is in.
func (o Origin) String() string {
	s := o.Table
	for _, part := range []string{o.Schema, o.Database} {
		if part != "" {
			s = part + "." + s
		}
	}
	switch {
	case o == Origin{}:
		return "the rows"
	case s == "":
		return "topic " + o.Topic
	}
	return s
}

// NewColumnError says that changes have a column which the table has not, and which is not to be added.
type NewColumnError struct{ Column string }

func (e *NewColumnError) Error() string {
	return fmt.Sprintf("the changes have a new column %s, and schema_change is exception: add it to the table, or set schema_change to evolve or ignore", e.Column)
}
