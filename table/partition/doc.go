// Package partition owns what a partition column is in the log and on disk: the text of its values
// ("Partition Value Serialization"), the folder that a file with such values is put in, the path of
// that file in the log, and the splitting of record batches by partition.
//
// A value passes three forms. The value itself, /%20%f, is in partitionValues as it is. As a folder
// it is escaped as Hive does, so that it is one path segment: letter=%2F%2520%25f. That is the key
// of the file in the store. In the log the key is a URI, so it is escaped once more:
// letter=%252F%252520%2525f. Only partitionValues counts for readers; folders are for people.
//
// The package knows no files and no transactions.
package partition
