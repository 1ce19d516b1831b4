// Package sql runs SQL on DuckDB over Arrow rows and Delta tables. It owns everything that touches
// DuckDB: the process-wide instance, sessions, how Arrow rows become a relation and results become
// Arrow, what a query's syntax tree says about it, and predicates as [predicate.Filter]. It is the
// only package with cgo. It must not know pipelines, Kafka or how a table is stored: tables come in
// through [OpenTable].
//
// # How rows come in
//
// DuckDB's own way to take Arrow (duckdb_arrow_scan, which duckdb-go calls RegisterView) tells the
// producer which columns and which filters it wants and then trusts that it obeyed; a record reader
// does neither, and the query silently gives wrong rows. So this package brings a table function of
// its own ([DB] registers rows and delta). DuckDB asks a table function only for columns,
// never to filter; any number of scans may read it at once; the whole optimiser stays on; and nothing
// is copied but fixed-width values, 2048 at a time: strings stay where Arrow has them.
//
// # How rows go out
//
// Results are streamed: DuckDB runs ahead of the reader by about one megabyte. Vectors are copied
// into Arrow arrays that Go owns, in the types that a Delta table can hold (see [Session.Describe]).
//
// # Memory
//
// Strings of a scan point into Arrow buffers of the Go heap, which are pinned ([runtime.Pinner]), batch by batch, and kept
// alive by the scan for as long as DuckDB may look at them: for rows that were registered, until the
// query ends; for rows that are streamed, until the thread that got them has come back twice for more.
package sql
