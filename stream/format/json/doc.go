// Package json reads records that are JSON objects into Arrow batches: a scanner compiled from the
// schema of the values, one pass over the bytes, straight into column buffers.
//
// What is read as what is Spark's from_json with its default options, spelling for spelling
// (checked against Spark 4.2 by the cases in testdata), with one difference in principle: where
// Spark makes a field, or all of a row, null because the record is malformed, the record is
// rejected with the reason. Nothing turns into null in silence.
//
//   - Names are matched as they are, case included. Fields that the schema lacks are skipped, but
//     must be JSON. Fields that the record lacks are null. Of a field that comes twice the last counts.
//   - STRING takes any value: what is no string is kept as it stands in the record.
//   - TINYINT to BIGINT take numbers without fraction and exponent. DOUBLE and FLOAT also take NaN, Infinity,
//     -Infinity, +Infinity, +INF and -INF, bare or as strings.
//   - DECIMAL takes numbers, and strings that hold one, and rounds half up to its scale.
//   - BOOLEAN takes true and false. BINARY takes padded Base64.
//   - TIMESTAMP takes what CAST takes, and numbers as seconds since 1970; more than six digits of
//     a second are cut off. TIMESTAMP_NTZ takes the same without zones and numbers.
//   - DATE takes what CAST takes, and the days since 1970 in a string.
//   - Single quotes stand for double ones (Strict: not).
//
// Where it differs from Spark otherwise, it is so that no value changes in silence:
//
//   - What follows the object must be white space; Spark does not look at it.
//   - Empty records, tombstones and text that is not UTF-8 are rejected; Spark makes rows of nulls,
//     or U+FFFD. A surrogate alone, as \ud83d, becomes U+FFFD; in Spark "?".
//   - Numbers that fit no DOUBLE or FLOAT are rejected; in Spark they are infinite. TINYINT takes no
//     128 to 255, and TIMESTAMP no seconds beyond its range; Spark lets them wrap.
//   - Numbers and objects in a STRING keep their spelling; from_json prints them anew, 1.50 as 1.5.
//     (Spark's JSON files keep it, spark.sql.json.enableExactStringParsing.)
//   - A key that comes twice in a MAP rejects the record; from_json makes a map that has it twice.
//   - A time without a date is rejected; Spark takes today's, so the row would depend on when it is read.
//   - Days in a string that lie before the Gregorian calendar are rejected; Spark takes them for days of
//     the Julian one. A line break or tab within Base64 must be escaped, as in every string.
//   - Zones are those of this program's database: SystemV zones are gone, WET, MET and the like are links.
//   - Only ASCII digits are digits.
//
// The package knows no table and no Kafka.
package json
