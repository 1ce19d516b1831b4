package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// runDue does what a commit has made due before the command ends. The commit holds without it, so that what fails is
// only told.
func (a *app) runDue(ctx context.Context, hooks []txlog.Hook) {
	for _, h := range hooks {
		if err := h.Run(ctx); err != nil {
			a.logger().Warn("the commit holds, but what it made due failed", "work", h.Name(), "error", err)
		}
	}
}

// where compiles a predicate over the rows of a table; "" is nil, every row.
func (a *app) where(ctx context.Context, t *table.Table, text string) (predicate.Filter, error) {
	if text == "" {
		return nil, nil
	}
	rows, err := t.ScanSchema(table.ScanOptions{})
	if err != nil {
		return nil, err
	}
	return a.expressions.Filter(ctx, text, rows)
}

// whereNew is where for a table that is to be made with those columns; "" is nil, every row.
func (a *app) whereNew(ctx context.Context, text string, columns *schema.Struct) (predicate.Filter, error) {
	if text == "" {
		return nil, nil
	}
	rows, err := arrowmap.ToArrow(columns)
	if err != nil {
		return nil, err
	}
	return a.expressions.Filter(ctx, text, rows)
}

// counted shows on a terminal how many rows have been taken from in.
func (a *app) counted(in iter.Seq2[arrow.RecordBatch, error]) iter.Seq2[arrow.RecordBatch, error] {
	if !output.IsTerminal(a.stderr) {
		return in
	}
	return func(yield func(arrow.RecordBatch, error) bool) {
		rows, shown := int64(0), time.Time{}
		defer fmt.Fprint(a.stderr, clearLine)
		for rec, err := range in {
			if err == nil {
				rows += rec.NumRows()
			}
			if time.Since(shown) > 100*time.Millisecond {
				fmt.Fprintf(a.stderr, clearLine+"%s read", plural(rows, "row", "rows"))
				shown = time.Now()
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// properties are those given as --property key=value, which may have commas in it.
type properties []string

func (p *properties) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar((*[]string)(p), "property", nil, "table property, as key=value; may be repeated")
}

// forNewTable is parse for a table that is to be made.
func (p properties) forNewTable() (map[string]string, error) {
	given, err := p.parse()
	if err != nil {
		return nil, err
	}
	return alter.ForNewTable(given)
}

func (p properties) parse() (map[string]string, error) {
	out := map[string]string{}
	for _, s := range p {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" {
			return nil, usageError{fmt.Errorf("--property %q: write key=value", s)}
		}
		out[key] = value
	}
	return out, nil
}
