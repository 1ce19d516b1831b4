// Package expressions holds what package internal/sql makes of expressions of Spark's dialect against what Spark makes of
// them: their types and their values, over rows that are plain and rows that are odd.
//
// It has tests only (build tag integration). An expression that we refuse is no difference; a value that we have
// where Spark has another, or none, is one.
package expressions
