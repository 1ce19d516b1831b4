// Package cdc keeps tables equal to a PostgreSQL database through chaos: pgbench changes rows in many interleaved
// transactions, columns come, go and become wider, a table is truncated, keys change, and Debezium's connector is killed
// and stopped meanwhile. At the end every table holds the rows of the database, value for value and type for type.
//
// Two things follow the database: a replay of the events by the few rules of replay_test.go, which is small enough to be
// believed and shows that the events tell the whole truth; and the program, itself killed at random, whose Delta tables are
// read by our scan, Spark and delta-rs.
//
// What is random comes from a seed, which is logged; INGESTD_SEED sets it. INGESTD_TRANSACTIONS is how many transactions
// pgbench makes.
package cdc
