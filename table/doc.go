// Package table is a Delta table as rows: it creates tables, appends Arrow record batches to them,
// and scans them.
//
// The log is package txlog's: what this package adds to it are rows. Files are written by a
// [WriteSet], which splits rows by their partition values and streams files to the store while
// they are encoded; they become part of the table by [Table.Commit], and [Table.Append] is both
// for the simple case. An append is blind: it never loads the live files of the table. [Table.Scan]
// reads the rows of a snapshot, leaving out files that partition values and statistics rule out.
//
// It knows no Kafka, no SQL and no cgo: predicates come in through package table/predicate.
// Operations over tables (MERGE, OPTIMIZE, VACUUM) are packages of their own above this one.
//
// A Table may be used by several goroutines. Batches that Scan yields are the caller's to release.
package table
