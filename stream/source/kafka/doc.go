// Package kafka reads Kafka topics as a stream.Source.
//
// It owns partition assignment (all partitions of the topics, with no consumer group), the reading
// of exact offset ranges, and what can go wrong between two of them: moved leaders, records that
// retention has deleted, recreated topics, holes left by compaction and by transactions. It knows
// the engine's interfaces and nothing of formats, operators or sinks.
//
// # How it reads
//
// kgo's own consumer keeps its position to itself, and a range that must end at an exact offset,
// also where the offsets before it are holes, needs that position. So the source sends fetch
// requests by itself through kgo's connections (dialling, TLS, SASL, retries are kgo's), walks the
// record batches of the answer by their headers, and leaves checksum, decompression and the
// decoding of records to stream.Chunk's Load, which the engine's workers run in parallel. Nothing
// of a record is copied or allocated on its own.
//
// Each broker is asked by one goroutine. What is fetched and not yet given back is bounded by
// Options.Memory whatever the number of partitions. When a range has been read, each broker is
// asked once more in the background, so that the next range finds its beginning here.
package kafka
