package convert

import (
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// EmptyError says that there is nothing to convert.
type EmptyError struct{ URL string }

func (e *EmptyError) Error() string {
	return fmt.Sprintf("there is no Parquet file in %s: check the path, or create the table", e.URL)
}

// FileError says that a file in the folder cannot be part of the table.
type FileError struct {
	Key string
	Err error
}

func (e *FileError) Error() string {
	return fmt.Sprintf("%s: %v (a file that is not of the table must go, or have a name that begins with _)", e.Key, e.Err)
}

// Unwrap is the reason.
func (e *FileError) Unwrap() error { return e.Err }

// ConflictError says that two files have a column in types that no one column can have.
type ConflictError struct {
	Column        string // dotted path
	File, Other   string
	Type, OtherIs schema.Type
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("column %s is %s in %s and %s in %s: rewrite one of the files with a cast, or move it out of the folder",
		e.Column, e.Type, e.File, e.OtherIs, e.Other)
}

// PartitionError says that the folders are not those of one partitioned table.
type PartitionError struct {
	Key       string
	Got, Want []string // columns
	Value     string   // of Column, where a value is wrong
	Column    string
	Err       error
}

func (e *PartitionError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: partition column %s cannot be %q: %v; give it another type with --partition-by", e.Key, e.Column, e.Value, e.Err)
	}
	return fmt.Sprintf("%s: its folders have the partition columns (%s), not (%s); all files of a table must lie in folders of the same columns",
		e.Key, strings.Join(e.Got, ", "), strings.Join(e.Want, ", "))
}

// Unwrap is the reason.
func (e *PartitionError) Unwrap() error { return e.Err }
