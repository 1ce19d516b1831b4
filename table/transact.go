package table

import (
	"context"

	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog"
)

// Begin starts a transaction on s, a snapshot that t has given, for operations that stage actions themselves. Commit it by
// [Table.CommitTransaction]. Errors: *PinnedError; those of txlog/feature for a table that this version must not write.
func (t *Table) Begin(s *txlog.Snapshot, op txlog.Operation) (*txlog.Transaction, error) {
	if t.pinned {
		return nil, &PinnedError{Location: t.Location(), Version: s.Version()}
	}
	if err := s.CheckWrite(); err != nil {
		return nil, err
	}
	return s.Begin(op), nil
}

// Expressions is the compiler for SQL that the table's metadata hold or shall hold, of which what tells in words.
// Errors: *NoExpressionsError where the table was opened without one, those of opening it.
func (t *Table) Expressions(what string) (expression.Compiler, error) { return t.expressions(what) }

// CommitTransaction commits a transaction that Begin gave, and moves t to the version that it made.
// Errors: those of txlog.Transaction.Commit.
func (t *Table) CommitTransaction(ctx context.Context, tx *txlog.Transaction) (Committed, error) {
	c, err := tx.Commit(ctx)
	if err != nil {
		return Committed{}, err
	}
	t.advance(c.Snapshot)
	return Committed{Version: c.Version, Snapshot: c.Snapshot, Attempts: c.Attempts, Due: c.Due}, nil
}

// NewID is an id of the kind that files and tables get: where WithIDs does not say otherwise, a random UUID.
func (t *Table) NewID() string { return t.conf.newID() }

// Now is the time by the clock of the table.
func (t *Table) Now() int64 { return t.nowMillis() }
