package sql

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/ingestd/ingestd/table/predicate"
)

// Session is a connection to a DB: temporary tables and relations are its own, all else is shared. One goroutine
// uses it at a time, and one query of it runs at a time.
type Session struct {
	db   *DB
	conn duckdb.Connection
	id   uint64

	// Of the query at hand; DuckDB calls back into Go without a way to pass them.
	mu     sync.Mutex
	ctx    context.Context
	tables map[string]TableSource    // those opened, by the String of TableRef and ChangesRef
	hints  map[string]predicate.Expr // what the query wants of them at least
	cause  error                     // the first error of a callback
}

// Session opens one. Close it before the DB.
func (db *DB) Session() (*Session, error) {
	s := &Session{db: db}
	if duckdb.Connect(db.db, &s.conn) == duckdb.StateError {
		return nil, fmt.Errorf("open an SQL session: no connection")
	}
	var ctx duckdb.ClientContext
	duckdb.ConnectionGetClientContext(s.conn, &ctx)
	defer duckdb.DestroyClientContext(&ctx)
	s.id = uint64(duckdb.ClientContextGetConnectionId(ctx))
	db.mu.Lock()
	defer db.mu.Unlock()
	db.sessions[s.id] = s
	return s, nil
}

// Close ends the session and drops what is its own.
func (s *Session) Close() error {
	s.db.mu.Lock()
	delete(s.db.sessions, s.id)
	s.db.mu.Unlock()
	duckdb.Disconnect(&s.conn)
	return nil
}

// Describe gives the schema of a query's result without running it. Types are those that a Delta
// table can hold: an integer sum (HUGEINT) becomes BIGINT, as in Spark, and a value beyond it an error when
// the query runs; unsigned integers become the next wider type; TIMESTAMPTZ is timestamp[us, UTC] and every
// other timestamp is timestamp[us] without zone; ENUM, UUID, TIME and INTERVAL are text. Every column is nullable.
func (s *Session) Describe(ctx context.Context, query string) (*arrow.Schema, error) {
	st, err := s.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return st.Schema(), nil
}

// Query runs one statement and yields its rows, in batches of some ten thousand. The caller releases each.
// Stopping early ends the query.
func (s *Session) Query(ctx context.Context, query string) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		st, err := s.Prepare(ctx, query)
		if err != nil {
			yield(nil, err)
			return
		}
		defer st.Close()
		for rec, err := range st.Run(ctx) {
			if !yield(rec, err) {
				return
			}
		}
	}
}

// Exec runs one statement and drops its rows.
func (s *Session) Exec(ctx context.Context, query string) error {
	for rec, err := range s.Query(ctx, query) {
		if err != nil {
			return err
		}
		rec.Release()
	}
	return nil
}

// begin makes st, run under ctx, the query at hand.
func (s *Session) begin(ctx context.Context, st *Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.tables, s.hints, s.cause = ctx, st.tables, st.hints, nil
}

// hint gives what the query at hand wants of a table.
func (s *Session) hint(name string) predicate.Expr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hints[name]
}

func (s *Session) context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		return context.Background()
	}
	return s.ctx
}

// fail keeps the error of a callback, which DuckDB passes on as text only.
func (s *Session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = err
	}
}

// failure makes the error of a failed query of DuckDB's text for it.
func (s *Session) failure(ctx context.Context, text, query string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := parseError(text, query)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		e.Message, e.Cause = s.cause.Error(), s.cause
	}
	return e
}

// interruptible runs f, which calls into DuckDB, and interrupts DuckDB once ctx is done.
func (s *Session) interruptible(ctx context.Context, f func()) {
	if ctx.Done() == nil {
		f()
		return
	}
	finished := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-finished:
			return
		case <-ctx.Done():
		}
		// A query that is only about to start forgets an interrupt, so it is told again.
		again := time.NewTicker(20 * time.Millisecond)
		defer again.Stop()
		for {
			duckdb.Interrupt(s.conn)
			select {
			case <-finished:
				return
			case <-again.C:
			}
		}
	})
	f()
	close(finished)
	watch.Wait()
}
