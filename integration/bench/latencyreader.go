package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/jackc/pgx/v5"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// ordersSQL makes the table that transactions change, with as many rows as there will be transactions: transaction n inserts row -n, or updates row n. The
// row says which transaction it is of, and when that was.
const ordersSQL = `
CREATE TABLE orders (id bigint PRIMARY KEY, transaction bigint NOT NULL, at timestamptz, customer text, total numeric(12, 2), note text);
CREATE TABLE marker (id serial PRIMARY KEY);
INSERT INTO orders SELECT n, 0, NULL, 'customer ' || n %% 1000, n * 1.25, md5(n::text) FROM generate_series(1, %d) n`

// prepare makes the database and has its rows sent to Kafka.
func (l *pipe) prepare(ctx context.Context, name string, config map[string]string) error {
	if err := l.postgres.Exec(ctx, "postgres", "CREATE DATABASE "+name); err != nil {
		return err
	}
	if err := l.postgres.Exec(ctx, name, fmt.Sprintf(ordersSQL, l.transactions)); err != nil {
		return err
	}
	all := l.postgres.Connector(name, name, nil)
	maps.Copy(all, config)
	if err := l.debezium.Put(ctx, name, all); err != nil {
		return err
	}
	return l.postgres.Drain(ctx, name, name, func() error { return l.postgres.Exec(ctx, name, "INSERT INTO marker DEFAULT VALUES") })
}

// commit commits the transactions, each at its time or, where the database is not so fast, as soon as it can be.
func (l *pipe) commit(ctx context.Context, database string) error {
	conn, err := pgx.Connect(ctx, l.postgres.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	began := time.Now()
	for n := 1; n <= l.transactions; n++ {
		if err := objstore.Sleep(ctx, time.Until(began.Add(time.Duration(n)*time.Second/time.Duration(l.rate)))); err != nil {
			return err
		}
		statement := "INSERT INTO orders VALUES (-$1::bigint, $1, clock_timestamp(), 'customer', 9.99, 'new')"
		if n%2 == 0 {
			statement = "UPDATE orders SET transaction = $1, at = clock_timestamp() WHERE id = $1"
		}
		if _, err := conn.Exec(ctx, statement, n); err != nil {
			return err
		}
	}
	return nil
}

// polls is how often the reader looks for a new version.
const polls = 2 * time.Millisecond

// A lateReader follows a Delta table, and notes for each transaction how late its row came.
type lateReader struct {
	dir   string
	table *table.Table // nil: not there yet
	files map[string]bool
	rows  int             // read, of all files
	took  []time.Duration // by transaction
}

// await reads until it has so many rows.
func (r *lateReader) await(ctx context.Context, rows int) error {
	for r.rows < rows {
		if err := r.poll(ctx); err != nil {
			return err
		}
		if err := objstore.Sleep(ctx, polls); err != nil {
			return fmt.Errorf("%d rows of %d were read: %w", r.rows, rows, context.Cause(ctx))
		}
	}
	return nil
}

// poll reads what a new version has added, if there is one.
func (r *lateReader) poll(ctx context.Context) error {
	if r.table == nil {
		store, err := local.New(r.dir)
		if err != nil {
			return err
		}
		r.files = map[string]bool{}
		t, err := table.Open(ctx, store)
		if absent := (*txlog.NotATableError)(nil); errors.As(err, &absent) {
			return nil
		}
		if err != nil {
			return err
		}
		r.table = t
	} else {
		_, err := r.table.Store().Head(ctx, fmt.Sprintf("_delta_log/%020d.json", r.table.Version()+1))
		if errors.Is(err, objstore.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = r.table.Refresh(ctx)
		}
		if err != nil {
			return err
		}
	}
	return r.read(ctx)
}

// read reads the files that are new: a row that was changed is in one of them.
func (r *lateReader) read(ctx context.Context) error {
	s := r.table.Snapshot()
	for add, err := range s.Files(ctx) {
		if err != nil {
			return err
		}
		if r.files[add.Path] {
			continue
		}
		r.files[add.Path] = true
		for rows, err := range r.table.ScanFile(ctx, s, add, table.ScanOptions{Columns: []string{"transaction", "at"}}) {
			if err != nil {
				return err
			}
			now := time.Now()
			transactions, at := rows.Rec.Column(0).(*array.Int64), rows.Rec.Column(1).(*array.Timestamp)
			for i := range transactions.Len() {
				if n := transactions.Value(i); n > 0 {
					r.took[n] = now.Sub(time.UnixMicro(int64(at.Value(i))))
				}
			}
			r.rows += transactions.Len()
			rows.Release()
		}
	}
	return nil
}
