package spark

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Queries are DuckDB's SQL, and expressions over tables are Spark's: whoever takes the one for the other is told how
// Spark writes it.

// dialect begins such a hint.
const dialect = "; expressions here are Spark SQL"

// foreignTypes are types of DuckDB, with those of Spark.
var foreignTypes = map[string]string{
	"timestamptz": "TIMESTAMP", "datetime": "TIMESTAMP_NTZ", "text": "STRING", "varchar": "STRING", "char": "STRING", "bpchar": "STRING",
	"hugeint": "DECIMAL(38, 0)", "uhugeint": "DECIMAL(38, 0)", "int1": "TINYINT", "int2": "SMALLINT", "int4": "INT", "int8": "BIGINT",
	"float4": "FLOAT", "float8": "DOUBLE", "bool": "BOOLEAN", "blob": "BINARY", "bytea": "BINARY", "logical": "BOOLEAN",
	"utinyint": "SMALLINT", "usmallint": "INT", "uinteger": "BIGINT", "ubigint": "DECIMAL(20, 0)",
}

// foreignFunctions are functions of DuckDB, with those of Spark that do the same.
var foreignFunctions = map[string]string{
	"list_contains": "array_contains", "array_has": "array_contains", "list_has": "array_contains", "epoch_ms": "timestamp_millis",
	"make_timestamp": "timestamp_micros", "epoch": "unix_seconds", "epoch_us": "unix_micros", "struct_pack": "named_struct",
	"starts_with": "startswith", "ends_with": "endswith", "regexp_matches": "rlike", "array_length": "size", "list_size": "size",
	"date_diff": "datediff", "fmod": "mod", "get_current_timestamp": "current_timestamp", "today": "current_date", "strpos": "instr",
}

// foreignType is a hint where a word is a type of DuckDB.
func foreignType(word string) string {
	if ours, ok := foreignTypes[strings.ToLower(word)]; ok {
		return dialect + ", which writes " + ours
	}
	return ""
}

// foreignFunction is a hint where a function is one of DuckDB.
func foreignFunction(name string) string {
	if ours := foreignFunctions[name]; ours != "" {
		if _, known := functions[ours]; known {
			return dialect + ", which has " + ours + "()"
		}
	}
	for _, prefix := range []string{"list_", "array_", "struct_", "epoch", "str", "regexp_", "json_"} {
		if strings.HasPrefix(name, prefix) {
			return dialect
		}
	}
	return ""
}

// foreignSymbol is a hint at what stands at a place in text where a value should be.
func foreignSymbol(text string, at int) string {
	before := text[:at]
	switch {
	case strings.HasPrefix(text[at:], "["):
		return dialect + ", which writes a list as array(1, 2)"
	case strings.HasPrefix(text[at:], "*") && strings.HasSuffix(before, "*"):
		return dialect + ", which writes power(a, b)"
	case strings.HasPrefix(text[at:], "/") && strings.HasSuffix(before, "/"):
		return dialect + ", which writes a DIV b"
	}
	return ""
}

// unexpected says what is wrong with a letter that no token begins with.
func unexpected(text string, at int) string {
	r, _ := utf8.DecodeRuneInString(text[at:])
	message := "unexpected " + strconv.QuoteRune(r)
	switch r {
	case '{':
		return message + dialect + ", which writes a struct as named_struct('a', 1)"
	case '$', '?':
		return message + ": there are no parameters here; write the value"
	case ';':
		return message + ": one expression is wanted, without a semicolon"
	}
	return message + "; names with such letters go in backticks"
}
