// Package debezium reads the change events of Debezium's connectors into batches of row changes ([changes.Batch]): whole envelopes or
// rows that ExtractNewRecordState has flattened, as JSON with and without a schema in each event.
//
// # Events
//
// Ops c, r, u, d and t become changes. Of a deletion the key alone is kept, since all else of its row is, unless the table has
// REPLICA IDENTITY FULL, what the connector made up; a truncation has no columns. A flattened row is an update, unless __op or
// __deleted was added and says otherwise. Tombstones are passed over, except where rows are flattened without __deleted: there they
// delete, and no change has a sequence. Heartbeats, boundaries of transactions, messages, notifications and changes of schemas are passed
// over. Anything else is rejected with a reason.
//
// What names a row is the record's key, or the columns that Options.Keys gives. Of a change of its key Debezium makes two events.
// Of a change of another one, which Options.Keys gives, a deletion and a creation are made here, if the row before is known.
//
// # Order
//
// Sequences put the changes of one row in the order in which the database made them visible: by the place of the commit, then by
// that of the change, as far as a connector tells them, and what a snapshot found before what was changed after it. Two things no
// event tells. PostgreSQL's first transaction after a snapshot may have begun before it: that it comes later is known as long as the
// process that read the snapshot runs. And a compacted topic keeps of a deletion the tombstone alone, which is passed over: read it before
// it is compacted (min.compaction.lag.ms).
//
// # Columns
//
// By the schema in the event, types are:
//
//   - BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, STRING and BINARY for Kafka Connect's own types; ARRAY, MAP and STRUCT
//     for arrays, hstore, points, geometries, vectors and all else that is a struct.
//   - DECIMAL(p, s) for decimals of decimal.handling.mode precise, DECIMAL(38, s) where the event does not tell the precision
//     (money, BIGINT UNSIGNED). Those of more than 38 digits, and those whose scale each value has anew, are STRING, with all their
//     digits and without an exponent, unless the table has a DECIMAL. Modes double and string give DOUBLE and STRING, or the DECIMAL that
//     the table has. A value that would lose digits is rejected.
//   - DATE for dates. TIMESTAMP_NTZ for timestamps without zone and TIMESTAMP for those with one. Nanoseconds that no microsecond
//     keeps are rejected. Both infinities of PostgreSQL are kept as the numbers that Debezium documents for them, 9223372036825200000 and
//     -9223372036832400000 microseconds, in every mode and of both types. Those of dates are the highest and the lowest day.
//   - STRING of HH:mm:ss.ffffff for times, whose order as texts is that of the times of a day: Delta has no TIME, and a number
//     would not tell its unit. Three digits more where there are nanoseconds. MySQL's times may be negative and have three digits of
//     hours. A table whose column is BIGINT gets microseconds.
//   - BIGINT for intervals as numbers: microseconds, in which a month is a 12th of 365.25 days; STRING as it comes for interval.handling.mode
//     string, which alone is exact.
//   - STRING as it comes for times with zone, JSON, XML, UUID, enums, sets, ltree, tsvector. INT for YEAR. BINARY for Bits, the
//     lowest byte first as Debezium has them.
//   - Bytes that binary.handling.mode makes texts of are STRING, unless the table has BINARY.
//
// Without a schema in the event the types are those of Options.Schema or of the table, and the options tell how values are written. Columns
// that neither has are inferred, as a last resort: whole numbers are BIGINT, others DOUBLE, texts STRING, objects and arrays STRING of
// their JSON. A column that the table lacks and that had no value so far is VOID: it is null, and of which type it is will be seen.
//
// The placeholder for values that the log of the database does not have, in each of its forms, sets the column's bit in
// [changes.UnavailableColumn].
//
// The package knows no table, no Kafka, and no rule by which changes are applied.
package debezium
