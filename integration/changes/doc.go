// Package changes asks Spark what it finds in tables after our DELETE, UPDATE and overwrite: the rows, the change data
// feed, the row ids and the history. It holds tests only.
package changes
