// Package restore brings an older version of a table back: RESTORE of Spark. It is one commit on top of the
// newest version, which takes away the files that came since, and adds those again that went.
//
// It compares snapshots and looks whether files are there; it reads and writes no rows.
package restore
