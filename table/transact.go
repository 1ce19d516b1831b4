package table

import (
	"context"
	"errors"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
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

// Locate gives the store and the key of a file by the path in an action, percent-encoded: below the
// table, or elsewhere where it is absolute. Errors: *ForeignFileError, *partition.PathError, those of opening the other store.
func (t *Table) Locate(ctx context.Context, path string) (objstore.Store, string, error) {
	return t.locate(ctx, &action.Add{Path: path})
}

// LocateVector gives the store and the key of the file of a deletion vector, which must not be inline.
// Errors: those of Locate; *deletionvector.CorruptError.
func (t *Table) LocateVector(ctx context.Context, d *action.DeletionVector) (objstore.Store, string, error) {
	path, err := deletionvector.Path(d)
	if err != nil {
		return nil, "", err
	}
	return t.locateKey(ctx, path, d.StorageType == deletionvector.Absolute)
}

// CreateOf makes version 0 of a table of those actions: metadata, protocol, and any files.
// Errors: *ExistsError; those of txlog.Transaction.Commit.
func CreateOf(ctx context.Context, store objstore.Store, op txlog.Operation, actions []action.Action, opts ...Option) (*Table, error) {
	t := newTable(store, opts)
	tx := t.log.Create(ctx, op)
	tx.Stage(actions...)
	c, err := tx.Commit(ctx)
	if exists := (*txlog.TableExistsError)(nil); errors.As(err, &exists) {
		return nil, &ExistsError{Location: t.Location()}
	} else if err != nil {
		return nil, err
	}
	t.snap.Store(c.Snapshot)
	return t, nil
}
