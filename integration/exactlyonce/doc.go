// Package exactlyonce runs the program, killed, paused and cut off from its parts at random moments under load, on the
// real Kafka, on local disk and on the real MinIO, and finds every event exactly once: by the raw log, by our scan, and
// by DuckDB and delta-rs. Package internal/crashtest does what needs no real parts.
//
// What is random comes from a seed, which is logged; INGESTD_SEED sets it.
package exactlyonce
