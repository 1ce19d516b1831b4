package sql

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// DB is an in-memory DuckDB database: the memory, threads and tables that its sessions share. It is safe
// for concurrent use.
type DB struct {
	opts    Options
	db      duckdb.Database
	ownTemp bool

	mu       sync.Mutex
	closed   bool
	relation int64               // the last that was numbered
	rows     map[int64]*Relation // what the table function rows reads, by number
	sessions map[uint64]*Session // by DuckDB's number of the connection

	owned map[io.Closer]bool // filters and projections, which end with the database

	functionsMu sync.Mutex
	functions   functions
}

// Open starts a database.
func Open(opts Options) (*DB, error) {
	db := &DB{opts: opts, rows: map[int64]*Relation{}, sessions: map[uint64]*Session{}, owned: map[io.Closer]bool{}}
	if opts.TempDir == "" {
		dir, err := os.MkdirTemp("", "ingestd-sql-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for SQL to spill to: %w", err)
		}
		db.opts.TempDir, db.ownTemp = dir, true
	}
	if err := db.start(); err != nil {
		return nil, errors.Join(err, db.removeTemp())
	}
	return db, nil
}

func (db *DB) start() error {
	var config duckdb.Config
	duckdb.CreateConfig(&config)
	defer duckdb.DestroyConfig(&config)
	for name, value := range db.opts.config() {
		if duckdb.SetConfig(config, name, value) == duckdb.StateError {
			return fmt.Errorf("start SQL: %q is no value for %s", value, name)
		}
	}
	var reason string
	if duckdb.OpenExt("", &db.db, config, &reason) == duckdb.StateError {
		duckdb.Close(&db.db)
		return fmt.Errorf("start SQL: %w", parseError(reason, ""))
	}
	if err := db.setUp(); err != nil {
		duckdb.Close(&db.db)
		return fmt.Errorf("start SQL: %w", err)
	}
	return nil
}

// setUp does what is done once for all sessions.
func (db *DB) setUp() error {
	var conn duckdb.Connection
	if duckdb.Connect(db.db, &conn) == duckdb.StateError {
		return fmt.Errorf("no connection")
	}
	defer duckdb.Disconnect(&conn)
	if err := registerFunctions(db, conn); err != nil {
		return err
	}
	for _, text := range []string{"SET GLOBAL TimeZone = 'UTC'", changesMacro} {
		var res duckdb.Result
		state := duckdb.Query(conn, text, &res)
		reason := duckdb.ResultError(&res)
		duckdb.DestroyResult(&res)
		if state == duckdb.StateError {
			return parseError(reason, "")
		}
	}
	return nil
}

// Close ends the database, its filters, projections and relations. Every Session must have been closed.
func (db *DB) Close() error {
	db.mu.Lock()
	owned, relations := slices.Collect(maps.Keys(db.owned)), slices.Collect(maps.Values(db.rows))
	db.mu.Unlock()
	for _, c := range owned {
		_ = c.Close()
	}
	for _, r := range relations {
		r.forget()
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	duckdb.Close(&db.db)
	return db.removeTemp()
}

func (db *DB) removeTemp() error {
	if !db.ownTemp {
		return nil
	}
	return os.RemoveAll(db.opts.TempDir)
}

// session finds the session of a connection.
func (db *DB) session(connection uint64) *Session {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.sessions[connection]
}

// own lets Close end c too.
func (db *DB) own(c io.Closer) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.owned[c] = true
}

func (db *DB) disown(c io.Closer) {
	db.mu.Lock()
	defer db.mu.Unlock()
	delete(db.owned, c)
}
