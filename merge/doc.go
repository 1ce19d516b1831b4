// Package merge is MERGE INTO: rows of a source are matched with rows of a table, and clauses say what becomes of those that match, of
// source rows that match none, and of rows of the table that none matches. It owns what the statement means, which is what it means in
// Spark, its plan, and what it reports.
//
// # The plan
//
// The source is kept, in memory up to a budget and on disk beyond it, and a hash table made over its keys: the equalities of the ON
// condition between the two sides. Files of the table that by their partition values or statistics hold no such key are left alone. Of the
// others the key columns are read first; the other columns that the clauses need, only of files with matches, and of them
// only the rows that match. Rows go and come through [table.Change], which writes deletion vectors where the table has them.
// Memory depends on the source and the budget, never on the table.
//
// Expressions come as text with a compiler (package table/expression): merge parses no SQL and has no cgo. How a batch of a change
// stream is applied is merge/changes.
package merge
