// Package expression is what a table needs of SQL: predicates and expressions that its metadata hold as
// text (CHECK constraints, invariants, generated columns, defaults), or that a user gives (the
// condition of a DELETE, the assignments of an UPDATE), made executable on Arrow record batches.
//
// Expressions are over one table's columns, or over rows of two relations side by side ([Join]), as the clauses of MERGE are.
//
// It holds the interfaces only. The one implementation is package internal/sql, which a program
// hands to its tables; package table stays free of cgo.
package expression

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/predicate"
)

// Compiler makes SQL text executable. It is safe for concurrent use.
type Compiler interface {
	// Filter compiles a predicate over rows of a schema: what is not TRUE, so FALSE or NULL, counts as
	// false. The filter is valid until the compiler is closed.
	// Errors: those that tell what is wrong with text and where; *UnsupportedError.
	Filter(ctx context.Context, text string, schema *arrow.Schema) (predicate.Filter, error)
	// Project compiles one expression for each field of out, over rows of in. A result is cast to the
	// type of its field as Spark assigns to a column (ANSI store assignment): a value that does not
	// fit is an error when it comes up. Close the projection when it is no longer needed.
	Project(ctx context.Context, exprs []string, in, out *arrow.Schema) (Projection, error)
	// Type is the type of an expression over rows of a schema: what to Project it to where it is to stay as it is.
	// Errors: those of Filter.
	Type(text string, schema *arrow.Schema) (arrow.DataType, error)
	// Match takes a condition on pairs of rows apart: a predicate over Join(left, right). It may be compiled whole, too.
	// Errors: those of Filter.
	Match(ctx context.Context, text string, left, right Relation) (Match, error)
	// Close gives back what the compiler and all that it compiled hold.
	Close() error
}

// Projection computes columns from rows. It is safe for concurrent use.
type Projection interface {
	// Columns are the top-level columns of the input that the expressions read, sorted.
	Columns() []string
	// Apply gives a batch of the out schema with a row for each row of rec, which must have all
	// Columns, matched by name, and may have more. The caller releases the result.
	Apply(ctx context.Context, rec arrow.RecordBatch) (arrow.RecordBatch, error)
	// Close gives back what the projection holds.
	Close() error
}

// UnsupportedError is an expression that is valid for Spark and that this version cannot evaluate.
type UnsupportedError struct {
	Text   string // of the expression
	Reason string // which part of it, and why
}

// Error tells expression and reason.
func (e *UnsupportedError) Error() string {
	return "the expression " + e.Text + " cannot be evaluated: " + e.Reason
}

// ValueError is a row for which an expression has no value, such as a division by zero, or one that its column
// cannot hold. It is not retryable: the row or the expression must change.
type ValueError struct {
	Text   string // of the expression
	Column string // to which the value was to go; "" for a predicate
	Row    int    // in the batch, from 0
	Reason string // which names the value
	Cause  error
}

// Error tells column, expression and reason.
func (e *ValueError) Error() string {
	if e.Column == "" {
		return "the expression " + e.Text + ": " + e.Reason
	}
	return "column " + e.Column + ", the expression " + e.Text + ": " + e.Reason
}

// Unwrap gives the cause.
func (e *ValueError) Unwrap() error { return e.Cause }

// Retryable says no.
func (e *ValueError) Retryable() bool { return false }
