// Package spark translates expressions of Spark's SQL dialect, in which Delta tables keep their constraints, generated
// columns and defaults, and in which users write predicates, assignments and MERGE, to DuckDB's. It owns the grammar and the
// types of such expressions, and the list of functions and operators whose meaning it can give in DuckDB. It must
// not know DuckDB itself nor tables: text and a schema go in, text and a type come out.
//
// # Equal meaning, or none
//
// The two dialects look alike and differ in what they do: Spark divides integers as doubles, casts '5.5' to INT
// not at all and 5.5 to 5, escapes with backslashes, counts the day of a week from 1, has another precedence for &.
// So nothing is passed on as it is. Each expression gets the type that Spark gives it (under spark.sql.ansi.enabled,
// Spark 4's default, in UTC), and is written out for DuckDB with that type made explicit. Where a value has no equal, the
// text holds a guard that ends the query with a message that begins with [Mark]. Where an expression has none, translating
// fails with an [expression.UnsupportedError]. What Spark itself would not take is a [SyntaxError].
package spark
