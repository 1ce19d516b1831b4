package autocdc

import (
	"context"
	"fmt"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table/expression"
)

// Options are the words. Expressions are Spark SQL over the columns of the rows, also over those that the table does not get.
type Options struct {
	// Keys are the columns that name a row of the table.
	Keys []string
	// SequenceBy is an expression that orders the changes of a key, see [changes.OrderOf].
	SequenceBy string
	// DeleteWhen and TruncateWhen are conditions: where one is TRUE the row deletes its key, or all rows of before. Both: it truncates. "" is never.
	DeleteWhen, TruncateWhen string
	// IgnoreNullUpdates leaves, where a row of the table is updated, those of its columns as they are that are null in the update.
	IgnoreNullUpdates bool
	// Columns are those that the table gets, and Except those that it does not get; keys it always gets. None of both: all.
	Columns, Except []string
	// Expressions compiles the expressions.
	Expressions expression.Compiler
	// Admit says whether the changes can be applied, for which it may make the table; a reason refuses them. Nil: all are taken.
	Admit func(ctx context.Context, b changes.Batch) (reason string, err error)
}

// OptionError says which word is wrong.
type OptionError struct {
	Option string // as in the pipeline file: "delete_when", "keys[0]"
	Err    error
}

func (e *OptionError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap gives what is wrong.
func (e *OptionError) Unwrap() error { return e.Err }

// RowError is a row that cannot be applied, where no record is left that could go to the dead letters.
type RowError struct {
	Reason string
	Row    string // its keys and what its sequence is made of
}

func (e *RowError) Error() string {
	return fmt.Sprintf("a row cannot be applied: %s; the row has %s. Behind other operators such rows cannot go to the dead letters: leave them out in the SQL before, "+
		"as by WHERE ... IS NOT NULL", e.Reason, e.Row)
}

// Retryable says no: the rows or the SQL must change.
func (e *RowError) Retryable() bool { return false }

// AdmitError says that the table does not take the changes.
type AdmitError struct{ Reason string }

func (e *AdmitError) Error() string { return "the table does not take the rows: " + e.Reason }

// Retryable says no.
func (e *AdmitError) Retryable() bool { return false }
