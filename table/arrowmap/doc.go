// Package arrowmap maps the types of a Delta table to Arrow types and back, and makes record
// batches of other shapes fit a table's schema.
//
// The table side is always the same few Arrow types:
//
//	string         utf8                 boolean        bool
//	long           int64                binary         binary
//	integer        int32                date           date32
//	short          int16                timestamp      timestamp[us, tz=UTC]
//	byte           int8                 timestamp_ntz  timestamp[us]
//	float          float32              decimal(p,s)   decimal128(p,s)
//	double         float64              variant        struct<value: binary, metadata: binary>
//	array<T>       list<element: T>     map<K,V>       map<key: K, value: V>
//	struct<...>    struct<...>          void           null
//
// Batches come from many places: files of other writers, files written before a column was added
// or widened, DuckDB, a user's program. [Conform] and [Cast] turn them into the types above or say
// why not.
//
// The package knows no Parquet, no files and no log.
package arrowmap
