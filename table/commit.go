package table

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
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
	// Metrics are its operationMetrics; nil are those of an append. UserMetadata is the user's own text.
	Metrics      map[string]string
	UserMetadata string
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
	if _, err := w.finish(ctx); err != nil {
		return Committed{}, errors.Join(err, w.Abort(ctx))
	}
	c, err := w.commit(ctx, o)
	return c, w.settle(ctx, err)
}

// finish ends all files and gives their actions, once they are durable. No Write may run, now or later. It may
// be called again.
func (w *WriteSet) finish(ctx context.Context) ([]*action.Add, error) {
	if err := w.close(ctx); err != nil {
		return nil, err
	}
	return w.adds, nil
}

// settle settles what becomes of the files after a commit ended with err: they are the table's; or they are
// deleted where the commit was provably rejected; or, where its outcome is not known, they stay for
// VACUUM. It gives err, and beside it why files could not be deleted.
func (w *WriteSet) settle(ctx context.Context, err error) error {
	w.cancel(errSettled)
	if err == nil || !provablyRejected(err) {
		w.settled = true
		return err
	}
	if gone := w.discard(ctx); gone != nil {
		err = fmt.Errorf("%w (files that it wrote remain for VACUUM: %w)", err, gone)
	}
	return err
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
		extra, err := w.metadata(s)
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
	op := txlog.Operation{Name: o.Operation, Parameters: o.Parameters, Metrics: o.Metrics, UserMetadata: o.UserMetadata}
	bytes := strconv.FormatInt(w.bytes(), 10)
	files, rows := strconv.Itoa(len(w.adds)), strconv.FormatInt(w.rows.Load(), 10)
	switch {
	case op.Metrics != nil:
	case op.Name == "STREAMING UPDATE":
		op.Metrics = map[string]string{"numAddedFiles": files, "numRemovedFiles": "0", "numOutputRows": rows, "numOutputBytes": bytes}
	case op.Name == "", op.Name == "WRITE":
		op.Name = "WRITE"
		op.Metrics = map[string]string{"numFiles": files, "numOutputRows": rows, "numOutputBytes": bytes}
	}
	if op.Parameters == nil {
		by, _ := json.Marshal(append([]string{}, w.shape.partitionBy...))
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
