package dml

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
)

// Options are those of every operation. The zero value is good for most.
type Options struct {
	table.WriteOptions
	// NoDeletionVectors rewrites files, where the table has deletion vectors on.
	NoDeletionVectors bool
	// ScanParallelism is how many files are read at once; 0 is GOMAXPROCS.
	ScanParallelism int
	// MaxTries bounds how often the operation is done anew after a conflict with another writer that
	// could not be followed; 0 is DefaultMaxTries.
	MaxTries int
	// Backoff waits before the operation is tried for the n-th time (from 2); nil waits a random time that
	// grows with n. Error: that of ctx.
	Backoff func(ctx context.Context, n int) error
	// UserMetadata is recorded with the commit. Txns and Require are as in table.CommitOptions.
	UserMetadata string
	Txns         []table.Txn
	Require      []table.TxnRequirement
}

// DefaultMaxTries is how often an operation is tried.
const DefaultMaxTries = 10

func (o Options) withDefaults() Options {
	if o.MaxTries <= 0 {
		o.MaxTries = DefaultMaxTries
	}
	if o.Backoff == nil {
		o.Backoff = backoff
	}
	return o
}

// Limits of a random wait.
const (
	firstBackoff = 10 * time.Millisecond
	lastBackoff  = 2 * time.Second
)

func backoff(ctx context.Context, n int) error {
	limit := min(firstBackoff<<min(n-2, 16), lastBackoff)
	return objstore.Sleep(ctx, rand.N(limit)) //nolint:gosec // not a secret
}

// Redo does work on the newest version of the table until it is committed, fails for good, or has been tried
// often enough. Each time it gets a new Change, which it must leave to Redo; what work returns is
// committed.
func Redo(ctx context.Context, t *table.Table, o Options, co table.ChangeOptions, work func(context.Context, *table.Change) (table.CommitOptions, error)) (table.Committed, int, error) {
	o = o.withDefaults()
	for n := 1; ; n++ {
		c, err := try(ctx, t, co, o, work)
		if err == nil || n >= o.MaxTries || !again(err) {
			return c, n, err
		}
		if err := o.Backoff(ctx, n+1); err != nil {
			return c, n, err
		}
	}
}

func try(ctx context.Context, t *table.Table, co table.ChangeOptions, o Options, work func(context.Context, *table.Change) (table.CommitOptions, error)) (table.Committed, error) {
	if err := t.Refresh(ctx); err != nil {
		return table.Committed{}, err
	}
	c, err := t.NewChange(ctx, co)
	if err != nil {
		return table.Committed{}, err
	}
	with, err := work(ctx, c)
	if err != nil {
		_ = c.Abort(ctx) // files that could not be deleted are VACUUM's; the reason is err
		return table.Committed{}, err
	}
	with.UserMetadata, with.Txns, with.Require = o.UserMetadata, o.Txns, o.Require
	return c.Commit(ctx, with)
}

// again says whether the same work on a new snapshot could succeed, and did certainly not do so before.
func again(err error) bool {
	if !errors.Is(err, txlog.ErrProvablyRejected) {
		return false
	}
	var r interface{ Retryable() bool }
	return errors.As(err, &r) && r.Retryable()
}

// CheckRemovable refuses an append-only table before anything is read.
func CheckRemovable(t *table.Table) error {
	if s := t.Snapshot(); s.Supports("appendOnly") && s.Properties().AppendOnly() {
		return &txlog.AppendOnlyError{Path: "rows of " + t.Location()}
	}
	return nil
}

// predicates is how operationParameters hold a condition: a JSON array of texts, empty without one.
func predicates(where predicate.Filter) string {
	list := []string{}
	if where != nil {
		list = append(list, where.String())
	}
	return jsonText(list)
}

func jsonText(list []string) string {
	text, _ := json.Marshal(append([]string{}, list...)) // strings always marshal
	return string(text)
}
