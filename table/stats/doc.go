// Package stats holds the statistics of a data file as its add action carries them ("Per-file
// Statistics" in the Delta protocol): number of records, and for the leading columns the number of
// nulls and bounds of the values, as JSON.
//
// A bound that could mislead a reader is left out rather than written: NaN and infinities, dates
// outside of the years 1 to 9999, strings that are not UTF-8. Long strings are cut to 32
// characters, the maximum rounded up. Timestamps are cut to milliseconds, the maximum too, as the
// protocol wants it; readers allow for that (package predicate does).
//
// The package knows no Parquet and no Arrow arrays: values are those of package scalar.
package stats
