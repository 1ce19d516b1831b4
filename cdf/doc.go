// Package cdf reads the change data feed of a Delta table: the rows that each commit has inserted, updated and deleted ("Change Data Files" of
// the protocol).
//
// A [Feed] is a range of versions. Its rows are those of the table with three columns more: _change_type (STRING: insert, delete,
// update_preimage, update_postimage), _commit_version (BIGINT) and _commit_timestamp (TIMESTAMP), as Spark's readChangeFeed has them. Commits come
// in their order; within one, rows are in none. A commit that rearranges rows (OPTIMIZE) has none.
//
// The feed is written by package table and by those that change tables with it. This package only reads, and
// costs what the commits in the range have changed, not what the table holds.
//
// File map: bound.go resolves the ends of a range; feed.go opens it and yields commits; rows.go reads one; schemas.go says which schema the rows
// have, columns.go which columns; recorded.go finds from where on a feed can be read, which errors.go tells.
package cdf
