package changes

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Commit applies the changes that were added, in one commit of the table with Options.Txns and the like, and ends the set, also where it fails.
// Where a commit with the same changes may have happened, they may be added and committed once more: that changes nothing.
//
// Errors: *txlog.AppendOnlyError, those of [table.WriteSet.Write] for a row that the table refuses, of [table.Change.Commit], of the store and
// the disk.
func (a *Applier) Commit(ctx context.Context, with table.CommitOptions) (Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, err := a.commit(ctx, with)
	return r, errors.Join(err, a.discard())
}

func (a *Applier) commit(ctx context.Context, with table.CommitOptions) (Result, error) {
	if err := a.gather(ctx); err != nil {
		return Result{}, err
	}
	if err := a.together(ctx); err != nil {
		return Result{}, err
	}
	if err := a.prepare(ctx); err != nil {
		return Result{}, err
	}
	o := a.o.Options
	o.Txns, o.Require, o.UserMetadata = with.Txns, with.Require, with.UserMetadata
	o.MergeSchema = true
	var out Result
	end := func() {} // of the last try: what it has read by is asked until it is committed
	defer func() { end() }()
	co := table.ChangeOptions{WriteOptions: o.WriteOptions, NoDeletionVectors: o.NoDeletionVectors}
	done, tries, err := dml.Redo(ctx, a.t, o, co, func(ctx context.Context, c *table.Change) (table.CommitOptions, error) {
		end()
		if err := a.graves.refresh(ctx); err != nil {
			return table.CommitOptions{}, err
		}
		app := &application{c: c, keys: a.keys, columns: fitNames(a.fit), truncation: a.newest, soft: a.o.SoftDelete, graves: a.graves,
			fit: a.fit, history: a.o.History, truncations: a.truncations}
		for _, name := range app.columns {
			if c.Snapshot().Schema().Field(name) != nil {
				app.present = append(app.present, name)
			}
		}
		end = app.release
		if err := app.run(ctx, a.source); err != nil {
			return table.CommitOptions{}, err
		}
		s, err := c.Finish(ctx)
		if err != nil {
			return table.CommitOptions{}, err
		}
		if err := a.graves.commit(ctx); err != nil {
			return table.CommitOptions{}, err
		}
		out = app.result()
		return a.describe(with, out, s), nil
	})
	out.Committed, out.Tries = done, tries
	if err == nil {
		out.Untidy = a.graves.tidy(ctx)
	}
	return out, err
}

// prepare has the table let its types widen where the changes need it.
func (a *Applier) prepare(ctx context.Context) error {
	if err := a.t.Refresh(ctx); err != nil {
		return err
	}
	if a.fit == nil || a.o.Widen == nil || a.t.Snapshot().Properties().TypeWidening() {
		return nil
	}
	for _, f := range a.fit.Fields {
		have := a.t.Schema().Field(f.Name)
		if have != nil && schema.CanWidenUnasked(have.Type, f.Type) {
			return a.o.Widen(ctx, a.t)
		}
	}
	return nil
}

func fitNames(s *schema.Struct) []string {
	if s == nil {
		return nil
	}
	return s.Names()
}

// describe is what history says of the commit.
func (a *Applier) describe(with table.CommitOptions, r Result, s table.ChangeStats) table.CommitOptions {
	var on []string
	for _, k := range a.keys {
		on = append(on, "t."+k+" <=> s."+k)
	}
	predicate, _ := json.Marshal([]string{strings.Join(on, " AND ")}) // strings always marshal
	params := map[string]any{
		"predicate":                    string(predicate),
		"matchedPredicates":            `[{"actionType":"update"},{"actionType":"delete"}]`,
		"notMatchedPredicates":         `[{"actionType":"insert"}]`,
		"notMatchedBySourcePredicates": "[]",
	}
	maps.Copy(params, with.Parameters)
	source := int64(0)
	if a.source != nil {
		source = a.source.Len()
	}
	metrics := map[string]string{}
	for name, n := range map[string]int64{
		"numSourceRows": source, "numTargetRowsInserted": r.Inserted, "numTargetRowsUpdated": r.Updated, "numTargetRowsDeleted": r.Deleted,
		"numTargetRowsCopied": s.CopiedRows, "numOutputRows": r.Inserted + r.Updated + s.CopiedRows,
		"numTargetFilesAdded": s.AddedFiles, "numTargetFilesRemoved": s.RemovedFiles,
		"numTargetBytesAdded": s.AddedBytes, "numTargetBytesRemoved": s.RemovedBytes, "numTargetChangeFilesAdded": s.ChangeFiles,
		"numTargetDeletionVectorsAdded": s.VectorsAdded, "numTargetDeletionVectorsUpdated": s.VectorsUpdated, "numTargetDeletionVectorsRemoved": s.VectorsRemoved,
	} {
		metrics[name] = strconv.FormatInt(n, 10)
	}
	return table.CommitOptions{Operation: "MERGE", Parameters: params, Metrics: metrics}
}
