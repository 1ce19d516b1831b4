package txlog

import (
	"context"
	"errors"
	"slices"

	"github.com/ingestd/ingestd/txlog/action"
)

// Operation is what commitInfo, and so the history of the table, tells of a commit.
type Operation struct {
	Name       string            // in Spark's words: "WRITE", "STREAMING UPDATE", "CREATE TABLE", ...
	Parameters map[string]any    // strings, numbers and booleans stand as they are; other values as JSON in a string
	Metrics    map[string]string // such as numOutputRows
	// UserMetadata is the user's own text.
	UserMetadata string
	// RowIDsLost says that rows were moved or updated without keeping their row ids, on a table that tracks rows
	// (the tag delta.rowTracking.preserved of commitInfo is then false).
	RowIDsLost bool
}

// Transaction collects actions on top of a snapshot and commits them once. Not for concurrent use.
type Transaction struct {
	log      *Log
	base     *Snapshot // of version -1 for one that creates the table
	create   bool
	op       Operation
	actions  []action.Action
	required []requirement
	read     ReadSet
	resolver Resolver
	done     bool
}

// requirement is what a commit demands of the table's txn of an application.
type requirement struct {
	appID   string
	version int64
	present bool
}

// Begin starts a transaction on the snapshot.
func (s *Snapshot) Begin(op Operation) *Transaction {
	return &Transaction{log: s.log, base: s, op: op}
}

// Create starts a transaction that makes version 0. It must stage a protocol and a metaData action.
// Its Commit fails with *TableExistsError where there is a table already.
func (l *Log) Create(_ context.Context, op Operation) *Transaction {
	return &Transaction{log: l, base: &Snapshot{log: l, version: -1}, create: true, op: op}
}

// SetMetadata stages the metaData action, in place of one that was staged before.
func (t *Transaction) SetMetadata(m *action.Metadata) {
	t.unstage(m.Kind())
	t.Stage(m)
}

// SetProtocol stages the protocol action, in place of one that was staged before.
func (t *Transaction) SetProtocol(p *action.Protocol) {
	t.unstage(p.Kind())
	t.Stage(p)
}

func (t *Transaction) unstage(kind string) {
	t.actions = slices.DeleteFunc(t.actions, func(a action.Action) bool { return a.Kind() == kind })
}

// Stage adds actions to the commit. They must not change any more. commitInfo is the transaction's own.
func (t *Transaction) Stage(actions ...action.Action) { t.actions = append(t.actions, actions...) }

// RequireTxn makes the commit demand that the progress of an application still is what the work of
// the transaction started from: version, or none where present is false. Otherwise Commit fails
// with a *ConflictError of kind ConcurrentTransaction. The fence of exactly-once writers.
func (t *Transaction) RequireTxn(appID string, version int64, present bool) {
	t.required = append(t.required, requirement{appID, version, present})
}

// ReadWhole says that the work of the transaction read all rows of the table.
func (t *Transaction) ReadWhole() { t.read.Whole = true }

// ReadFiles says that the work of the transaction read those files; paths as in the log.
func (t *Transaction) ReadFiles(paths ...string) { t.read.Files = append(t.read.Files, paths...) }

// ReadPartitions says that the work of the transaction read all files for which pred holds. pred
// must hold where it is in doubt; it is called with files that others add or remove meanwhile.
func (t *Transaction) ReadPartitions(pred func(*action.Add) bool) {
	t.read.Partitions = append(t.read.Partitions, pred)
}

// Committed says what a commit made.
type Committed struct {
	Version  int64
	Snapshot *Snapshot // the table after the commit
	Attempts int
	Due      []Hook // work that has become due, to be run off the commit path
}

var errCommitted = errors.New("the transaction was committed before; begin another")

// readSet is the read set of the transaction, completed by what its actions tell.
func (t *Transaction) readSet() ReadSet {
	r := t.read
	r.AppIDs, r.Domains, r.Removes, r.Files = nil, nil, nil, slices.Clip(r.Files)
	change, state := false, false
	for _, a := range t.actions {
		switch a := a.(type) {
		case *action.Txn:
			r.AppIDs = append(r.AppIDs, a.AppID)
			state = true
		case *action.DomainMetadata:
			r.Domains = append(r.Domains, a.Domain)
			state = true
		case *action.Remove:
			r.Removes = append(r.Removes, a.Path)
			change = change || a.DataChange
		case *action.Add:
			if change = change || a.DataChange; !a.DataChange {
				r.Files = append(r.Files, a.Path) // if it is added again, it must still be there
			}
		case *action.Metadata, *action.Protocol:
			r.Metadata, state = true, true
		}
	}
	for _, q := range t.required {
		r.AppIDs = append(r.AppIDs, q.appID)
	}
	r.Isolation = t.base.props.Isolation()
	if !change && !state {
		r.Isolation = SnapshotIsolation
	}
	return r
}

// blindAppend: nothing was read and files are only added, with new rows: what is added without a change of data was read.
func (t *Transaction) blindAppend() bool {
	if t.read.Whole || len(t.read.Files)+len(t.read.Partitions) > 0 {
		return false
	}
	for _, a := range t.actions {
		switch a := a.(type) {
		case *action.Remove, *action.CDC:
			return false
		case *action.Add:
			if !a.DataChange {
				return false
			}
		}
	}
	return true
}

// checkRequired compares what was required with a snapshot.
func (t *Transaction) checkRequired(s *Snapshot) error {
	for _, q := range t.required {
		if v, ok := s.Txn(q.appID); ok != q.present || ok && v != q.version {
			return &ConflictError{Kind: ConcurrentTransaction, Version: s.version, Detail: q.detail(v, ok)}
		}
	}
	return nil
}
