// Package shopdb is an imaginary PostgreSQL database of a shop and the events that Debezium's connector for PostgreSQL, version 3.6, sends
// of it: a snapshot, then inserts, updates, deletes, now and then a row that gets another key and, rarely, a table that is emptied.
// It is for demos and tests of what applies changes.
//
// Events are as the connector writes them with its defaults and JsonConverter with schemas: a value with the schema of the envelope, a key
// with that of the key, the connector's headers, a tombstone after each deletion. Rows are as if the tables were made by [DDL].
//
// The database can tell its rows at any time, so that a copy can be compared. It knows nothing of streams and Delta tables.
package shopdb

// DDL makes the tables in PostgreSQL. Biographies that are long are stored out of line: an update that leaves one as it is does not have it,
// and the connector sends a placeholder.
const DDL = `CREATE TABLE customers (
	id bigint PRIMARY KEY,
	name text NOT NULL,
	email text,
	credit numeric(12, 2) NOT NULL DEFAULT 0,
	newsletter boolean NOT NULL DEFAULT false,
	born date,
	preferences jsonb,
	biography text,
	created_at timestamptz NOT NULL DEFAULT now()
) WITH (toast_tuple_target = 128);
ALTER TABLE customers ALTER biography SET STORAGE EXTERNAL;
CREATE TABLE orders (
	id bigint PRIMARY KEY,
	customer_id bigint NOT NULL,
	status text NOT NULL,
	total numeric(10, 2) NOT NULL DEFAULT 0,
	gift boolean,
	items jsonb,
	note text,
	ship_on date,
	placed_at timestamp NOT NULL DEFAULT now(),
	paid_at timestamptz
);`
