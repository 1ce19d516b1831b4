//go:build integration

package cdc

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// clients are those of pgbench, whose transactions interleave.
const clients = 8

// alterations are made one in each round, while pgbench runs. Debezium tells of a changed table when a row of it changes.
// A column comes without a default, which would change rows that nobody tells of.
var alterations = []string{
	"ALTER TABLE customers ADD points int; UPDATE customers SET points = id WHERE id % 10 = 0",
	"TRUNCATE sessions",
	"ALTER TABLE customers ALTER score TYPE bigint; UPDATE customers SET score = 5000000000 + id WHERE id % 7 = 0",
	"ALTER TABLE orders ALTER total TYPE numeric(18, 4), ALTER note TYPE text; UPDATE orders SET total = 123456789.1234 WHERE id % 9 = 0",
	"ALTER TABLE customers DROP extra",
	"UPDATE customers SET points = points + 1 WHERE id % 11 = 0",
	"ALTER TABLE order_lines ALTER quantity TYPE int, ALTER price TYPE double precision; UPDATE order_lines SET quantity = 100000, price = 0.1 WHERE line = 1",
	"TRUNCATE sessions, order_lines",
	"ALTER TABLE documents ADD author text, ADD rated numeric(4, 2); UPDATE documents SET author = 'author ' || id, rated = id % 10 + 0.25 WHERE id % 3 = 0",
	"ALTER TABLE sessions ADD note varchar(20), DROP extra; UPDATE sessions SET note = 'noted'",
	"DELETE FROM full_documents",
	"ALTER TABLE customers DROP points, ALTER balance TYPE numeric(14, 2); ALTER TABLE customers ADD points_2 double precision[]; UPDATE customers SET balance = 123456789012.34, points_2 = '{1.5,NULL}' WHERE id % 13 = 0",
}

// transactions is how many pgbench makes in all.
func transactions() int {
	n, err := strconv.Atoi(os.Getenv("INGESTD_TRANSACTIONS"))
	if err != nil {
		n = 24_000
	}
	return n
}

// chaos changes the database in as many rounds as there are alterations: pgbench runs, a table is altered, and the connector is
// killed, or stopped, and comes back.
func (w *world) chaos() {
	w.Helper()
	each := max(1, transactions()/len(alterations)/clients)
	for i, alteration := range alterations {
		load := w.load(each)
		w.pause()
		w.exec(alteration)
		w.pause()
		switch i % 3 {
		case 0:
			w.fell(w.debezium.Kill)
		case 1:
			w.fell(w.debezium.Stop)
		}
		if err := <-load; err != nil {
			w.Fatal(err)
		}
		w.Logf("round %d: %s", i+1, alteration)
	}
}

// fell takes the connector down and brings it back.
func (w *world) fell(down func(context.Context) error) {
	w.Helper()
	if err := down(w.Context()); err != nil {
		w.Fatal(err)
	}
	w.pause()
	if err := w.debezium.Restart(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) pause() {
	select {
	case <-time.After(time.Duration(w.dice.Int64N(int64(time.Second)))):
	case <-w.Context().Done():
	}
}

// load runs pgbench with all scripts; each client makes so many transactions.
func (w *world) load(each int) <-chan error {
	w.Helper()
	scripts, err := filepath.Glob(filepath.Join("pgbench", "*.sql"))
	if err != nil || len(scripts) == 0 {
		w.Fatal("no scripts: ", err)
	}
	args := []string{"-n", "-c", strconv.Itoa(clients), "-t", strconv.Itoa(each), "--max-tries=1000", fmt.Sprintf("--random-seed=%d", w.dice.Uint32())}
	for _, script := range scripts {
		args = append(args, "-f", script)
	}
	done := make(chan error, 1)
	ctx := w.Context()
	go func() {
		_, err := w.postgres.Pgbench(ctx, database, args...)
		done <- err
	}()
	return done
}
