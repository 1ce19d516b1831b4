// Package autocdc makes changes ([changes.Batch]) of ordinary rows, with the words of Databricks' AUTO CDC (APPLY CHANGES): which columns name a row,
// what orders the changes of one, and which rows delete or truncate.
//
// It owns what the words mean for a row, and which rows cannot be applied: those without a key, or without a sequence. There are two ways in: the
// [Decoder] makes changes of records at once, so that it knows the offset of each and refuses a record as decoders do; the [Operator] comes after
// other operators, which keep no record, so that a row that cannot be applied ends the query. How changes are applied is merge/changes' business.
package autocdc
