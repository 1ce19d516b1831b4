package table

import (
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// ExistsError says that there is a table already where one was to be created.
type ExistsError struct {
	Location string
	Version  int64
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("there is a table at %s already (version %d): open it, or choose another place", e.Location, e.Version)
}

// ExtraColumnsError says that rows have columns that the table has not.
type ExtraColumnsError struct {
	Columns []string // dotted paths with their types, as DDL
	Table   []string // the table's columns
}

func (e *ExtraColumnsError) Error() string {
	return fmt.Sprintf("the table has no %s (its columns: %s): merge the schema to add what is new (merge_schema: true, --merge-schema), or leave it out of the data",
		plural(e.Columns, "column"), strings.Join(e.Table, ", "))
}

// MissingColumnError says that rows lack a column that the table wants in every row.
type MissingColumnError struct{ Column string }

func (e *MissingColumnError) Error() string {
	return fmt.Sprintf("column %s is NOT NULL in the table and the data does not have it: add it to the data", e.Column)
}

// NotNullError says that a row has a null where the table does not take one.
type NotNullError struct {
	Column string // dotted path
	Row    int64  // within the batch; -1 where it is inside of an array or map, or not known
	Empty  bool   // it is an empty text in a partition column, which counts as null
}

func (e *NotNullError) Error() string {
	if e.Empty {
		return fmt.Sprintf("partition column %s is NOT NULL in the table and there is an empty text in the data, which counts as null in a partition column: "+
			"filter such rows out, or fill them with NULLIF and COALESCE", e.Column)
	}
	where := ""
	if e.Row >= 0 {
		where = fmt.Sprintf(" (row %d of the batch)", e.Row)
	}
	return fmt.Sprintf("column %s is NOT NULL in the table and there is a null in the data%s: filter such rows out, or fill them with COALESCE", e.Column, where)
}

// PartitionedError says that the table is not partitioned as was asked for.
type PartitionedError struct {
	Location    string
	Table, Want []string
}

func (e *PartitionedError) Error() string {
	return fmt.Sprintf("table %s is partitioned by [%s], not by [%s]: the partitioning of a table cannot be changed, so write %s or use another table",
		e.Location, strings.Join(e.Table, ", "), strings.Join(e.Want, ", "), "partition_by: ["+strings.Join(e.Table, ", ")+"]")
}

// SchemaChangedError says that another writer changed the table's schema while rows were written, so
// that the files do not fit any more. Writing the rows again from the newest version can work.
type SchemaChangedError struct {
	Location string
	Version  int64 // that has the new schema
	Err      error
}

func (e *SchemaChangedError) Error() string {
	return fmt.Sprintf("the schema of %s was changed by another writer at version %d while rows were written: %v", e.Location, e.Version, e.Err)
}

// Unwrap gives what does not fit.
func (e *SchemaChangedError) Unwrap() error { return e.Err }

// Retryable is true: the rows can be written again.
func (e *SchemaChangedError) Retryable() bool { return true }

// MissingFileError says that a data file of the snapshot is not in the store.
type MissingFileError struct {
	Path     string // as the log has it
	Location string
	Version  int64
	Err      error
}

func (e *MissingFileError) Error() string {
	return fmt.Sprintf("data file %s of %s at version %d is missing: VACUUM has probably deleted it, since a newer version does not need it any more; "+
		"read a newer version (if the newest one misses it too, the file was deleted by hand and the table is damaged)", e.Path, e.Location, e.Version)
}

// Unwrap gives the store's error, objstore.ErrNotExist.
func (e *MissingFileError) Unwrap() error { return e.Err }

// MissingDeletionVectorError says that the file of a deletion vector of the snapshot is not in the store, so that
// nobody can say which rows of a data file are deleted.
type MissingDeletionVectorError struct {
	Vector   string // decoded: relative to the table, or absolute
	Path     string // of the data file, as the log has it
	Location string
	Version  int64
	Err      error
}

func (e *MissingDeletionVectorError) Error() string {
	return fmt.Sprintf("deletion vector %s of data file %s of %s at version %d is missing: VACUUM has probably deleted it, since a newer version does not need it any more; "+
		"read a newer version (if the newest one misses it too, the file was deleted by hand: restore the table to a version before it, or take the data file out)",
		e.Vector, e.Path, e.Location, e.Version)
}

// Unwrap gives the store's error, objstore.ErrNotExist.
func (e *MissingDeletionVectorError) Unwrap() error { return e.Err }

// ColumnNotFoundError says that there is no such column.
type ColumnNotFoundError struct {
	Column string
	Table  []string
}

func (e *ColumnNotFoundError) Error() string {
	return fmt.Sprintf("there is no column %s; the columns are %s", e.Column, strings.Join(e.Table, ", "))
}

// PinnedError says that a table opened at an older version was to be written.
type PinnedError struct {
	Location string
	Version  int64
}

func (e *PinnedError) Error() string {
	return fmt.Sprintf("%s is opened at version %d and can only be read: open it without a version to write", e.Location, e.Version)
}

// NoExpressionsError says that a table has SQL in its metadata and was opened without a way to evaluate it.
type NoExpressionsError struct {
	Location string
	Needs    string // what the SQL is: "the constraint positive (a > 0)"
}

func (e *NoExpressionsError) Error() string {
	return fmt.Sprintf("%s cannot be written without evaluating %s: open the table with a compiler of expressions (option WithExpressions)", e.Location, e.Needs)
}

func plural(names []string, what string) string {
	if len(names) == 1 {
		return what + " " + names[0]
	}
	return what + "s " + strings.Join(names, ", ")
}

func columnNotFound(s *schema.Struct, name string) error {
	return &ColumnNotFoundError{Column: name, Table: s.Names()}
}
