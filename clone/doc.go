// Package clone makes a table of the files of another: CREATE TABLE ... SHALLOW CLONE of Spark. The log of
// the new table names the files of the source by their whole URLs; no row is copied, and what is written to the
// clone never touches the source.
//
// It knows snapshots and reads no rows. A VACUUM of the source can delete files that the clone still needs.
package clone
