// Package fsck finds what is wrong with a Delta table, and mends what can be mended without guessing: Spark's FSCK REPAIR TABLE,
// and beyond the files the log itself, deletion vectors, statistics, partition values and row ids.
//
// The store is listed once. In memory is a fingerprint of some 50 bytes for each file that the log names, live or removed; actions, rows
// and the listing are streams. What was written while the check ran may show as an orphaned file; its age tells.
//
// Package fsck knows tables and the log, and no SQL.
package fsck
