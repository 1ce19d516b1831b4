// Package parts starts the real things that ingestd works with, for the integration suite and the benchmarks: Kafka,
// MinIO, PostgreSQL with Debezium, and the three other engines that read and write Delta tables (Spark, delta-rs,
// DuckDB). They are the judges: a table is right when they read it row for row as we do.
//
// The environment chooses where they run:
//
//	INTEGRATION=local     processes of this machine, installed into .parts at first use (the default)
//	INTEGRATION=compose   Kafka and MinIO are those of docker-compose.yml, already up; all others stay local
//	INGESTD_PARTS=DIR     where the parts are installed, instead of .parts at the root of the repository
//
// A part that cannot be installed or started fails the test that asked for it; nothing is skipped.
//
// [Kafka], [MinIO], [Postgres] and [Debezium] start a server of the test's own, which the test may stop, kill and restart;
// [SharedKafka], [SharedMinIO] and [SharedPostgres] give the test binary's one server to tests that leave it alone. The engines are always shared: a Spark
// session takes ten seconds to start. A test binary that uses anything shared ends with [Run] in its TestMain.
//
// Every server listens on 127.0.0.1 only and dies with the test binary, however that ends. Its log is a file in the
// test's temporary folder; the last lines are part of the test's failure.
//
// Rows are compared in a canonical form, [Rows], which is the same for every engine; [Canon] makes it of Arrow record
// batches.
package parts
