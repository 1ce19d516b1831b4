package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/schema"
)

// alterFlags are those of all alterations.
type alterFlags struct {
	first    bool
	after    string
	ifExists bool
}

// alteration is one action of the command alter.
type alteration struct {
	name, args string
	least      int  // of arguments
	many       bool // more of the last
	run        func(ctx context.Context, t *table.Table, args []string, f alterFlags) (alter.Result, error)
}

var alterations = []alteration{
	{"add-column", "'NAME TYPE'", 1, true, addColumns},
	{"rename-column", "COLUMN NAME", 2, false, func(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
		return withColumn(args[0], func(c alter.Path) (alter.Result, error) { return alter.RenameColumn(ctx, t, c, args[1]) })
	}},
	{"drop-column", "COLUMN", 1, true, dropColumns},
	{"change-type", "COLUMN TYPE", 2, false, changeType},
	{"move-column", "COLUMN", 1, false, func(ctx context.Context, t *table.Table, args []string, f alterFlags) (alter.Result, error) {
		if !f.first && f.after == "" {
			return alter.Result{}, usageError{errors.New("move-column needs --first or --after COLUMN")}
		}
		return withColumn(args[0], func(c alter.Path) (alter.Result, error) { return alter.Move(ctx, t, c, f.position()) })
	}},
	{"set-not-null", "COLUMN", 1, false, onColumn(alter.SetNotNull)},
	{"drop-not-null", "COLUMN", 1, false, onColumn(alter.DropNotNull)},
	{"comment", "COLUMN TEXT", 2, false, onColumnText(alter.Comment)},
	{"set-default", "COLUMN EXPRESSION", 2, false, onColumnText(alter.SetDefault)},
	{"drop-default", "COLUMN", 1, false, onColumn(alter.DropDefault)},
	{"set-property", "KEY=VALUE", 1, true, setProperties},
	{"unset-property", "KEY", 1, true, func(ctx context.Context, t *table.Table, args []string, f alterFlags) (alter.Result, error) {
		return alter.UnsetProperties(ctx, t, f.ifExists, args...)
	}},
	{"add-constraint", "NAME CONDITION", 2, false, func(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
		return alter.AddConstraint(ctx, t, args[0], args[1])
	}},
	{"drop-constraint", "NAME", 1, false, func(ctx context.Context, t *table.Table, args []string, f alterFlags) (alter.Result, error) {
		return alter.DropConstraint(ctx, t, args[0], f.ifExists)
	}},
	{"cluster-by", "COLUMN,...|none", 1, true, clusterBy},
	{"add-feature", "FEATURE", 1, false, func(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
		return alter.AddFeature(ctx, t, args[0])
	}},
	{"drop-feature", "FEATURE", 1, false, func(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
		return alter.DropFeature(ctx, t, args[0])
	}},
}

func alterationNames() []string {
	names := make([]string, len(alterations))
	for i, a := range alterations {
		names[i] = a.name
	}
	return names
}

func (a *app) alterCommand() *cobra.Command {
	var f alterFlags
	cmd := &cobra.Command{
		Use:   "alter TABLE ACTION [ARGUMENT...]",
		Short: "Change columns, properties, constraints, clustering and features of a table",
		Long: `Change what a table is; each change is one commit, and existing data files stay as they are.

Actions:
  add-column 'NAME TYPE'...        also DEFAULT X, COMMENT X; null in rows that are there;
                                   --first or --after COLUMN
  rename-column COLUMN NAME        needs column mapping: set-property delta.columnMapping.mode=name
  drop-column COLUMN...            likewise
  change-type COLUMN TYPE          to a wider one; needs delta.enableTypeWidening=true
  move-column COLUMN               --first or --after COLUMN
  set-not-null COLUMN              reads all rows first
  drop-not-null COLUMN
  comment COLUMN TEXT              an empty text takes the comment off
  set-default COLUMN EXPRESSION    for rows from now on; needs add-feature allowColumnDefaults
  drop-default COLUMN
  set-property KEY=VALUE...
  unset-property KEY...            --if-exists: no error where it is not set
  add-constraint NAME CONDITION    reads all rows first
  drop-constraint NAME             --if-exists: no error where there is none
  cluster-by COLUMN,...|none
  add-feature FEATURE              what there is, is in docs/features.md
  drop-feature FEATURE

A field of a struct is written a.b, one inside of an array a.element.b, inside of a map a.key.b or
a.value.b; names with other characters stand in backquotes.`,
		Example: `  ingestd alter ./demo-table add-column 'note STRING' 'shop STRUCT<id: BIGINT>' --after event_id
  ingestd alter ./demo-table add-column 'shop.city STRING'
  ingestd alter ./demo-table set-property delta.columnMapping.mode=name delta.enableTypeWidening=true
  ingestd alter ./demo-table rename-column note remark
  ingestd alter ./demo-table add-constraint has_id 'event_id IS NOT NULL'
  ingestd alter ./demo-table cluster-by event_id`,
		Args: func(_ *cobra.Command, got []string) error {
			_, err := findAlteration(got)
			return err
		},
		ValidArgsFunction: func(_ *cobra.Command, got []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(got) == 1 {
				return alterationNames(), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.alter(cmd.Context(), args, f) },
	}
	cmd.Flags().BoolVar(&f.first, "first", false, "put the column before all others")
	cmd.Flags().StringVar(&f.after, "after", "", "put the column after this one")
	cmd.Flags().BoolVar(&f.ifExists, "if-exists", false, "nothing to drop or unset is no error")
	return cmd
}

func findAlteration(got []string) (alteration, error) {
	switch len(got) {
	case 0:
		return alteration{}, usageError{errors.New("TABLE is missing; usage: ingestd alter TABLE ACTION [ARGUMENT...]")}
	case 1:
		return alteration{}, usageError{fmt.Errorf("ACTION is missing: one of %s", strings.Join(alterationNames(), ", "))}
	}
	for _, x := range alterations {
		if x.name != got[1] {
			continue
		}
		if n := len(got) - 2; n < x.least || n > x.least && !x.many {
			more := ""
			if x.many {
				more = "..."
			}
			return x, usageError{fmt.Errorf("usage: ingestd alter TABLE %s %s%s", x.name, x.args, more)}
		}
		return x, nil
	}
	return alteration{}, usageError{fmt.Errorf("there is no action %q%s", got[1], suggest.DidYouMean(got[1], alterationNames()))}
}

func (a *app) alter(ctx context.Context, args []string, f alterFlags) error {
	x, err := findAlteration(args)
	if err != nil {
		return err
	}
	if f.first && f.after != "" {
		return usageError{errors.New("--first and --after exclude each other")}
	}
	if (f.first || f.after != "") && x.name != "add-column" && x.name != "move-column" {
		return usageError{fmt.Errorf("--first and --after are for add-column and move-column, not for %s", x.name)}
	}
	t, err := a.openTable(ctx, args[0], versionFlags{version: -1})
	if err != nil {
		return err
	}
	r, err := x.run(ctx, t, args[2:], f)
	if err != nil {
		return err
	}
	a.runDue(ctx, r.Due)
	return output.One(a.stdout, a.format(), []string{"version", "changed"}, output.Row{r.Version, r.Changed})
}

func (f alterFlags) position() alter.Position { return alter.Position{First: f.first, After: f.after} }

func withColumn(name string, do func(alter.Path) (alter.Result, error)) (alter.Result, error) {
	p, err := alter.ParsePath(name)
	if err != nil {
		return alter.Result{}, usageError{err}
	}
	return do(p)
}

func onColumn(do func(context.Context, *table.Table, alter.Path) (alter.Result, error)) func(context.Context, *table.Table, []string, alterFlags) (alter.Result, error) {
	return func(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
		return withColumn(args[0], func(c alter.Path) (alter.Result, error) { return do(ctx, t, c) })
	}
}

func onColumnText(do func(context.Context, *table.Table, alter.Path, string) (alter.Result, error)) func(context.Context, *table.Table, []string, alterFlags) (alter.Result, error) {
	return func(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
		return withColumn(args[0], func(c alter.Path) (alter.Result, error) { return do(ctx, t, c, args[1]) })
	}
}

func addColumns(ctx context.Context, t *table.Table, args []string, f alterFlags) (alter.Result, error) {
	at := f.position()
	columns := make([]alter.NewColumn, len(args))
	for i, ddl := range args {
		c, err := alter.ParseColumn(ddl)
		if err != nil {
			return alter.Result{}, usageError{err}
		}
		c.At = at
		if !f.first && f.after == "" {
			c.At = alter.Position{}
		} else {
			at = alter.Position{After: c.Field.Name} // several stand in the order in which they are given
		}
		columns[i] = c
	}
	return alter.AddColumns(ctx, t, columns...)
}

func dropColumns(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
	paths := make([]alter.Path, len(args))
	for i, name := range args {
		var err error
		if paths[i], err = alter.ParsePath(name); err != nil {
			return alter.Result{}, usageError{err}
		}
	}
	return alter.DropColumns(ctx, t, paths...)
}

func changeType(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
	to, err := schema.ParseType(args[1])
	if err != nil {
		return alter.Result{}, usageError{err}
	}
	return withColumn(args[0], func(c alter.Path) (alter.Result, error) { return alter.ChangeType(ctx, t, c, to) })
}

func setProperties(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
	props := map[string]string{}
	for _, pair := range args {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || strings.TrimSpace(k) == "" {
			return alter.Result{}, usageError{fmt.Errorf("%q is not KEY=VALUE", pair)}
		}
		props[strings.TrimSpace(k)] = v
	}
	return alter.SetProperties(ctx, t, props)
}

func clusterBy(ctx context.Context, t *table.Table, args []string, _ alterFlags) (alter.Result, error) {
	if len(args) == 1 && strings.EqualFold(args[0], "none") {
		return alter.ClusterBy(ctx, t)
	}
	columns, err := alter.ParsePaths(strings.Join(args, ","))
	if err != nil {
		return alter.Result{}, usageError{err}
	}
	return alter.ClusterBy(ctx, t, columns...)
}
