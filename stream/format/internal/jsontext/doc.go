// Package jsontext reads JSON values straight from the bytes of a record, for formats that put them into columns: strings,
// numbers, what is skipped, and why a value was not taken. It takes the JSON of RFC 8259 and, unless told to be strict, what Spark
// takes beyond it.
//
// It knows no schema and no columns.
package jsontext
