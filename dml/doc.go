// Package dml changes rows of a table: DELETE, UPDATE, and overwrite in its forms (static, of the partitions that the
// new rows are in, of the rows that a predicate names). It owns what the statements mean, what they report, and that an
// operation that met a conflict is done again on a new snapshot.
//
// How rows leave and enter files is [table.Change]'s. Predicates and expressions come compiled, or as text with a
// compiler (package table/expression): dml parses no SQL, and must not know the engine, nor the commands.
//
// Names, parameters and metrics are those that Spark records for the same operation, so that DESCRIBE HISTORY
// reads alike whoever wrote.
package dml
