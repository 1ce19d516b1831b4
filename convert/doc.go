// Package convert makes a Delta table of a folder of Parquet files, in place: Spark's CONVERT TO DELTA.
//
// The folder is listed once and the footer of each file is read; no data is rewritten, and one commit names all files, so the
// folder is a table whole or not at all. Files and folders that begin with "_" or "." are passed over, as Spark does, but
// for folders of the form _name=value. What the footers do not tell (bounds of INT96, for one) is not in the statistics.
//
// In memory are the paths and statistics of all files, some kilobyte each, and never their rows.
//
// Package convert knows tables and the log, and no SQL.
package convert
