package restore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// Options say what is brought back. One of Version and Time is set.
type Options struct {
	Version *int64
	Time    *time.Time // the newest version that was committed then or before
	// IgnoreMissing brings back what is there of a version of which files are gone; their rows are lost.
	IgnoreMissing bool
	// DowngradeProtocol takes off features that the version did not have. Without it the protocol never goes down, since clients may
	// not be able to follow a log of which they understand but the end.
	DowngradeProtocol bool
}

// Result says what was done, in the words of Spark's metrics.
type Result struct {
	Version  int64 // of the table, after it
	Restored int64 // the version that it is like
	// Changed is false where the table was at that version; then nothing was committed.
	Changed                        bool
	TableSizeAfter, NumFilesAfter  int64 // bytes, files
	NumRemovedFiles, NumRestored   int64
	RemovedFilesSize, RestoredSize int64        // bytes
	Missing                        []string     // with IgnoreMissing: files that are gone, as the log has them
	Due                            []txlog.Hook `json:"-"` // work that the commit has made due
}

// attempts bounds how often a restore starts over because others commit first.
const attempts = 20

// Restore makes the newest version of the table what an older one was: rows, schema, properties, clustering, domains. What only goes up stays
// up: the protocol, the marks of identity columns, row ids and column ids. Progress that applications
// have recorded (txn) stays too: rows that a stream wrote and that the restore takes away do not come again by themselves.
//
// A commit of another writer meanwhile makes it start over.
// Errors: *txlog.VersionNotFoundError, *txlog.TimestampNotFoundError, *MissingFilesError, *txlog.AppendOnlyError, those of commits.
func Restore(ctx context.Context, t *table.Table, o Options) (Result, error) {
	if (o.Version == nil) == (o.Time == nil) {
		return Result{}, errors.New("a restore needs either a version or a time")
	}
	for n := 1; ; n++ {
		r, err := once(ctx, t, o)
		if err == nil || n == attempts || !retryable(err) {
			return r, err
		}
		if err := t.Refresh(ctx); err != nil {
			return Result{}, err
		}
	}
}

func retryable(err error) bool {
	var c *txlog.CommitError
	return errors.As(err, &c) && c.Retryable()
}

func once(ctx context.Context, t *table.Table, o Options) (Result, error) {
	latest := t.Snapshot()
	old, err := target(ctx, t, o)
	if err != nil {
		return Result{}, err
	}
	r := Result{Version: latest.Version(), Restored: old.Version()}
	if old.Version() == latest.Version() {
		return r, nil
	}
	adds, removes, err := r.difference(ctx, old, latest, time.UnixMilli(t.Now()))
	if err != nil {
		return Result{}, err
	}
	if adds, err = r.present(ctx, t, adds, o.IgnoreMissing); err != nil {
		return Result{}, err
	}
	proto, meta, err := definition(old, latest, o.DowngradeProtocol)
	if err != nil {
		return Result{}, err
	}
	tx, err := t.Begin(latest, r.operation(o))
	if err != nil {
		return Result{}, err
	}
	if proto != latest.Protocol() {
		tx.Stage(proto)
	}
	tx.Stage(meta)
	tx.Stage(removes...)
	for _, a := range adds {
		tx.Stage(a)
	}
	tx.Stage(domains(old, latest)...)
	tx.ReadWhole()
	tx.SetResolver(startOver{})
	c, err := t.CommitTransaction(ctx, tx)
	if err != nil {
		return Result{}, err
	}
	r.Version, r.Changed, r.Due = c.Version, true, c.Due
	return r, nil
}

func target(ctx context.Context, t *table.Table, o Options) (*txlog.Snapshot, error) {
	version := o.Version
	if version == nil {
		v, err := t.Log().VersionAt(ctx, *o.Time)
		if err != nil {
			return nil, err
		}
		version = &v
	}
	return t.Log().SnapshotAt(ctx, *version)
}

// operation is what history tells, with the names that Spark uses.
func (r *Result) operation(o Options) txlog.Operation {
	op := txlog.Operation{Name: "RESTORE", Parameters: map[string]any{"version": nil, "timestamp": nil}}
	if o.Version != nil {
		op.Parameters["version"] = *o.Version
	} else {
		op.Parameters["timestamp"] = o.Time.UTC().Format("2006-01-02 15:04:05.000")
	}
	op.Metrics = map[string]string{}
	for name, n := range map[string]int64{
		"tableSizeAfterRestore": r.TableSizeAfter, "numOfFilesAfterRestore": r.NumFilesAfter, "numRemovedFiles": r.NumRemovedFiles,
		"numRestoredFiles": r.NumRestored, "removedFilesSize": r.RemovedFilesSize, "restoredFilesSize": r.RestoredSize,
	} {
		op.Metrics[name] = strconv.FormatInt(n, 10)
	}
	return op
}

// startOver: what was compared is not the newest version any more.
type startOver struct{}

// Resolve implements txlog.Resolver.
func (startOver) Resolve(_ context.Context, _ []action.Action, winner txlog.Commit, _ *txlog.Snapshot) (txlog.Resolution, error) {
	return txlog.Resolution{}, &txlog.ConflictError{Kind: txlog.ConcurrentAppend, Version: winner.Version,
		Detail: fmt.Sprintf("version %d changed files while the table was being restored", winner.Version)}
}
