package table

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Txn is the progress of an application, recorded in the commit that made it.
type Txn struct {
	AppID   string
	Version int64
}

// TxnRequirement is what a commit demands of the table's txn of an application: that it is Version
// or, where Absent is set, that there is none.
type TxnRequirement struct {
	AppID   string
	Version int64
	Absent  bool
}

// CommitOptions say what a commit records beside the rows.
type CommitOptions struct {
	// Operation as history shows it; "" is "WRITE". Parameters are its operationParameters; nil are Spark's
	// for an append.
	Operation  string
	Parameters map[string]any
	// Txns are recorded with the rows.
	Txns []Txn
	// Require is demanded of the table in the same atomic step.
	Require []TxnRequirement
}

// Committed says what a commit did.
type Committed struct {
	Version  int64
	Snapshot *txlog.Snapshot
	Attempts int // to commit; 0: there was nothing to commit
	Rows     int64
	Files    int64
	Bytes    int64
	// Due is work that the commit has made due (a checkpoint). It must run off the commit path, and none of
	// it is needed for the commit to hold.
	Due []txlog.Hook
}

// schemaRaces bounds how often a commit starts over because others change the schema.
const schemaRaces = 10

// Commit makes the rows part of the table in one commit, after their files are durable. It is a blind append: it
// does not look at the table's files and does not conflict with other appends. Where another writer
// has changed the schema meanwhile, the commit goes on if the files still fit.
// Without rows, txns and a new schema nothing is committed.
//
// Whatever the result, it settles what becomes of the files: they are the table's; or they were deleted since
// the commit was provably rejected; or, where its outcome is not known, they stay for VACUUM.
//
// Errors: those of Write; *txlog.ConflictError (a txn is not as required: ConcurrentTransaction);
// *SchemaChangedError; an error wrapping objstore.ErrOutcomeUnknown.
func (w *WriteSet) Commit(ctx context.Context, o CommitOptions) (Committed, error) {
	if w.settled {
		return Committed{}, errSettled
	}
	if err := w.close(ctx); err != nil {
		return Committed{}, errors.Join(err, w.Abort(ctx))
	}
	c, err := w.commit(ctx, o)
	w.cancel(errSettled)
	switch {
	case err == nil, !provablyRejected(err):
		w.settled = true
		return c, err
	}
	if gone := w.discard(ctx); gone != nil {
		err = fmt.Errorf("%w (files that it wrote remain for VACUUM: %w)", err, gone)
	}
	return Committed{}, err
}

var errSettled = errors.New("the write has been committed or aborted already")

// rejected marks an error that came before anything was committed.
type rejected struct{ error }

func (r rejected) Unwrap() error { return r.error }

func provablyRejected(err error) bool {
	var r rejected
	return errors.As(err, &r) || errors.Is(err, txlog.ErrProvablyRejected)
}

func (w *WriteSet) commit(ctx context.Context, o CommitOptions) (Committed, error) {
	for race := 0; ; race++ {
		s := w.t.Snapshot()
		extra, err := w.reconcile(s)
		if err != nil {
			return Committed{}, rejected{err}
		}
		if len(w.adds)+len(o.Txns)+len(extra) == 0 {
			return Committed{Version: s.Version(), Snapshot: s}, nil
		}
		tx := s.Begin(w.operation(o))
		for _, r := range o.Require {
			tx.RequireTxn(r.AppID, r.Version, !r.Absent)
		}
		tx.Stage(extra...)
		tx.Stage(w.actions(o)...)
		c, err := tx.Commit(ctx)
		if err == nil {
			w.t.advance(c.Snapshot)
			return w.committed(c), nil
		}
		if !overtaken(err) || race >= schemaRaces {
			return Committed{}, err
		}
		if err := w.t.Refresh(ctx); err != nil {
			return Committed{}, rejected{err}
		}
	}
}

// overtaken says whether a commit was rejected for what is cured by looking at the newest version: another writer
// has changed the metadata or the protocol, or the snapshot is too old to follow the commits since.
func overtaken(err error) bool {
	if !errors.Is(err, txlog.ErrProvablyRejected) {
		return false
	}
	var (
		conflict *txlog.ConflictError
		stale    *txlog.StaleSnapshotError
	)
	return errors.As(err, &stale) || errors.As(err, &conflict) && (conflict.Kind == txlog.MetadataChanged || conflict.Kind == txlog.ProtocolChanged)
}

// reconcile checks the rows against a snapshot and gives the metadata and protocol that the commit must add to it.
func (w *WriteSet) reconcile(s *txlog.Snapshot) ([]action.Action, error) {
	old, now := w.base.Metadata(), s.Metadata()
	changed := old.ID != now.ID || old.SchemaString != now.SchemaString || !slices.Equal(old.PartitionColumns, now.PartitionColumns)
	if !changed && w.target.schema == w.base.Schema() {
		return nil, nil
	}
	merged := w.target.schema
	if changed {
		var err error
		if merged, err = w.fits(s); err != nil {
			return nil, &SchemaChangedError{Location: w.t.Location(), Version: s.Version(), Err: err}
		}
		if merged == s.Schema() {
			return nil, nil
		}
	}
	meta := *now
	meta.SchemaString = merged.JSON()
	proto, err := feature.Upgrade(s.Protocol(), feature.Table{Schema: merged, Properties: now.Configuration})
	if err != nil {
		return nil, err
	}
	if proto != s.Protocol() {
		return []action.Action{proto, &meta}, nil
	}
	return []action.Action{&meta}, nil
}

// fits gives the table's schema with the rows in it, where files as they were written can be part of a
// table whose schema was changed by another.
func (w *WriteSet) fits(s *txlog.Snapshot) (*schema.Struct, error) {
	if w.base.Metadata().ID != s.Metadata().ID {
		return nil, errors.New("it is another table now")
	}
	if by := s.Metadata().PartitionColumns; !slices.Equal(by, w.target.partitionBy) {
		return nil, &PartitionedError{Location: w.t.Location(), Table: by, Want: w.target.partitionBy}
	}
	if err := s.CheckWrite(); err != nil {
		return nil, err
	}
	cur, written := s.Schema(), w.target.schema
	merged, err := accept(cur, written, w.opts.MergeSchema)
	if err != nil {
		return nil, err
	}
	// The files are written already, so types must be the very same, and what must not be null now
	// must not have been allowed to be.
	if _, err := schema.Merge(written, merged); err != nil {
		return nil, err
	}
	return merged, errors.Join(stricter(cur, written), respelled(merged, written))
}

// respelled finds a column that is spelled otherwise in the files than in the table, by another writer who added
// it at the same time: engines that heed the case of names would take it for one that the files do not have.
func respelled(table, written *schema.Struct) error {
	names := map[string]string{}
	for path := range table.Walk() {
		names[foldPath(path)] = strings.Join(path, ".")
	}
	for path := range written.Walk() {
		if have, mine := names[foldPath(path)], strings.Join(path, "."); have != mine {
			return fmt.Errorf("column %s is called %s now", mine, have)
		}
	}
	return nil
}

// stricter finds a column that the table now wants NOT NULL and that could be null in what was written.
func stricter(now, written *schema.Struct) error {
	loose := map[string]bool{}
	for path, f := range written.Walk() {
		if f.Nullable {
			loose[foldPath(path)] = true
		}
	}
	for path, f := range now.Walk() {
		if !f.Nullable && loose[foldPath(path)] {
			return fmt.Errorf("column %s has become NOT NULL and the rows that were written may have nulls in it", strings.Join(path, "."))
		}
	}
	return nil
}

func foldPath(path []string) string {
	var key []byte
	for _, p := range path {
		key = append(append(key, schema.Fold(p)...), 0)
	}
	return string(key)
}

// actions are the files and the txns.
func (w *WriteSet) actions(o CommitOptions) []action.Action {
	out := make([]action.Action, 0, len(w.adds)+len(o.Txns))
	for _, t := range o.Txns {
		out = append(out, &action.Txn{AppID: t.AppID, Version: t.Version, LastUpdated: new(w.t.nowMillis())})
	}
	for _, a := range w.adds {
		out = append(out, a)
	}
	return out
}

// operation is what commitInfo tells, with the names that Spark uses.
func (w *WriteSet) operation(o CommitOptions) txlog.Operation {
	op := txlog.Operation{Name: o.Operation, Parameters: o.Parameters}
	bytes := strconv.FormatInt(w.bytes(), 10)
	files, rows := strconv.Itoa(len(w.adds)), strconv.FormatInt(w.rows.Load(), 10)
	switch op.Name {
	case "STREAMING UPDATE":
		op.Metrics = map[string]string{"numAddedFiles": files, "numRemovedFiles": "0", "numOutputRows": rows, "numOutputBytes": bytes}
	case "", "WRITE":
		op.Name = "WRITE"
		op.Metrics = map[string]string{"numFiles": files, "numOutputRows": rows, "numOutputBytes": bytes}
	}
	if op.Parameters == nil {
		by, _ := json.Marshal(append([]string{}, w.target.partitionBy...))
		op.Parameters = map[string]any{"mode": "Append", "partitionBy": string(by)}
	}
	return op
}

func (w *WriteSet) bytes() int64 {
	var n int64
	for _, a := range w.adds {
		n += a.Size
	}
	return n
}

func (w *WriteSet) committed(c txlog.Committed) Committed {
	return Committed{Version: c.Version, Snapshot: c.Snapshot, Attempts: c.Attempts, Due: c.Due,
		Rows: w.rows.Load(), Files: int64(len(w.adds)), Bytes: w.bytes()}
}
