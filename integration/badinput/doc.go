// Package badinput runs the program against a real Kafka and a real MinIO with all that can be wrong: records, topics,
// brokers, credentials, stores, tables. Each ends with one clear line and the right exit code, soon, and nothing is lost.
package badinput
