// Package features holds every feature of the Delta protocol against the engine that defines it: Spark with Delta Lake
// makes a table for each feature, and one with all of them at once; we read every version of it as Spark does, and
// what our commands then do to it, Spark finds done. delta-rs and DuckDB are asked wherever they know the features.
//
// It has tests only (build tag integration).
package features
