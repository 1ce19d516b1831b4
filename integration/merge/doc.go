// Package merge holds our MERGE against Spark's: random tables, sources and statements, each given to both on a copy of the same table.
// The rows, the change data feed and the metrics must be the same, or both must refuse. It has tests only (build tag integration).
package merge
