// Package engines holds package table against the three other engines that read and write Delta tables: Spark with
// Delta Lake, delta-rs, and DuckDB with its delta extension. What one of them writes all others must read, row for row
// and type for type, and go on after it.
//
// It has tests only (build tag integration). One Spark session serves them all.
package engines
