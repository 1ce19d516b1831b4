// Package crashtest checks that a table is as if every record of a topic had been taken exactly once, whatever was
// killed, paused or made to fail on the way, and starts and ends the processes to which that happens.
//
// It believes nobody: what must be in the table it reads from the topic, and what is in it from the raw files of the
// log as well as by a scan. Its own tests need only the Go toolchain; package integration/exactlyonce does the same to
// the real program with the real Kafka and MinIO. Nothing but tests may import it.
package crashtest
