package alter

import (
	"context"
	"errors"
	"slices"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// rewrite writes the files for which is holds anew, each for itself, with the rows that are left in it: REORG TABLE of Spark.
// Rows keep their ids. Nothing is committed where there are none.
func rewrite(ctx context.Context, t *table.Table, is func(*action.Add) bool) error {
	for n := 1; ; n++ {
		err := rewriteOnce(ctx, t, is)
		if err == nil || n == attempts || !retryable(err) {
			return err
		}
		if err := t.Refresh(ctx); err != nil {
			return err
		}
	}
}

func rewriteOnce(ctx context.Context, t *table.Table, is func(*action.Add) bool) error {
	c, err := t.NewChange(ctx, table.ChangeOptions{NoDeletionVectors: true, KeepsData: true})
	if err != nil {
		return err
	}
	files := 0
	for a, err := range c.ReadFiles(ctx, is) {
		if err == nil {
			files++
			err = moveRows(ctx, c, a)
		}
		if err != nil {
			return errors.Join(err, c.Abort(ctx))
		}
	}
	if files == 0 {
		return c.Abort(ctx)
	}
	_, err = c.Commit(ctx, table.CommitOptions{Operation: "REORG", Parameters: map[string]any{"predicate": "[]", "applyPurge": true}, Metrics: map[string]string{}})
	return err
}

func moveRows(ctx context.Context, c *table.Change, a *action.Add) error {
	c.RemoveFile(a)
	for rows, err := range c.Rows(ctx, a, table.ScanOptions{RowTracking: true, Sequences: true}) {
		if err != nil {
			return err
		}
		err = c.Move(ctx, rows, table.Origins{Files: []*action.Add{a}, Positions: rows.Positions})
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// purgeVectors ends deletion vectors: no new ones, and the files that have some are written anew without their deleted rows.
func purgeVectors(ctx context.Context, t *table.Table) error {
	if err := turnOff(ctx, t, txlog.PropDeletionVectors); err != nil {
		return err
	}
	return rewrite(ctx, t, func(a *action.Add) bool { return a.DeletionVector != nil })
}

// purgeTypes ends type widening: where a column was widened, all files are written anew with the types of now, and the
// record of the changes goes.
func purgeTypes(ctx context.Context, t *table.Table) error {
	if err := turnOff(ctx, t, txlog.PropTypeWidening); err != nil {
		return err
	}
	if !widened(t.Schema()) {
		return nil
	}
	if err := rewrite(ctx, t, func(*action.Add) bool { return true }); err != nil {
		return err
	}
	_, err := apply(ctx, t, func(_ context.Context, d *draft) error {
		var columns []any
		for path, f := range d.schema.Walk() {
			if _, ok := f.Metadata[schema.KeyTypeChanges]; ok {
				columns = append(columns, fieldForLog(slices.Clone(path[:len(path)-1]), without(*f, schema.KeyTypeChanges)))
			}
		}
		d.schema = eachField(d.schema, func(f schema.Field) schema.Field { return without(f, schema.KeyTypeChanges) }).(*schema.Struct)
		d.op = txlog.Operation{Name: "DROP FEATURE", Parameters: map[string]any{"columns": asJSON(columns)}}
		return nil
	})
	return err
}

func widened(s *schema.Struct) bool {
	for _, f := range s.Walk() {
		if _, ok := f.Metadata[schema.KeyTypeChanges]; ok {
			return true
		}
	}
	return false
}
