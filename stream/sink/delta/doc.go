// Package delta is the sink that appends the rows of a query to a Delta table, and the table of
// dead letters.
//
// Progress lives in the table itself: the commit that holds the rows of a batch also holds, for each
// source partition, a txn action with appId "<query>/<topic>/<partition>" and the next offset as its
// version, and it demands that the table's txns still are what the batch started from. So rows and
// progress cannot come apart, whatever dies when, and of two processes that run the same query one
// is refused ([stream.ErrFenced]).
//
// The package maps the engine's terms to those of package table. It knows no Kafka, no pipeline file and
// no Parquet.
package delta
