package alter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// RenameColumn gives a column, or a field of a struct, another name. Files are left as they are: they know it by its physical name.
// Errors: *MappingNeededError on a table without column mapping; *InUseError, *ColumnError.
func RenameColumn(ctx context.Context, t *table.Table, column Path, name string) (Result, error) {
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		from, _, err := spelled(d.schema, column)
		if err != nil {
			return err
		}
		if err := d.movable(from, "renamed"); err != nil {
			return err
		}
		to := append(slices.Clone(from[:len(from)-1]), name)
		d.schema, err = edit(d.schema, from, func(parent *schema.Struct, i int) (*schema.Struct, error) {
			if j := parent.Index(name); j >= 0 && j != i {
				return nil, &ColumnError{from, fmt.Sprintf("there is already a column %s", parent.Fields[j].Name)}
			}
			parent.Fields[i].Name = name
			return parent, nil
		})
		if err != nil {
			return err
		}
		if len(from) == 1 {
			d.partitionBy = slices.Clone(d.partitionBy)
			for i, c := range d.partitionBy {
				if schema.Fold(c) == schema.Fold(from[0]) {
					d.partitionBy[i] = name
				}
			}
		}
		if err := d.moveStats(from, to); err != nil {
			return err
		}
		d.op = txlog.Operation{Name: "RENAME COLUMN", Parameters: map[string]any{"oldColumnPath": from.String(), "newColumnPath": to.String()}}
		return d.checkNames()
	})
}

// DropColumns takes columns, or fields of structs, out of the table. Their values stay in the files until those are rewritten.
// Errors: *MappingNeededError on a table without column mapping; *InUseError, *ColumnError.
func DropColumns(ctx context.Context, t *table.Table, columns ...Path) (Result, error) {
	if len(columns) == 0 {
		return Result{}, &ColumnError{Reason: "no column to drop is named"}
	}
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		names := make([]string, len(columns))
		for i, c := range columns {
			path, _, err := spelled(d.schema, c)
			if err != nil {
				return err
			}
			if err := d.dropColumn(path); err != nil {
				return err
			}
			names[i] = path.String()
		}
		d.op = txlog.Operation{Name: "DROP COLUMNS", Parameters: map[string]any{"columns": asJSON(names)}}
		return nil
	})
}

func (d *draft) dropColumn(path Path) error {
	if err := d.movable(path, "dropped"); err != nil {
		return err
	}
	if len(path) == 1 && slices.ContainsFunc(d.partitionBy, func(c string) bool { return schema.Fold(c) == schema.Fold(path[0]) }) {
		return &InUseError{path, []string{"the partitioning of the table, which cannot change"}}
	}
	clustered, err := d.clusteredBy()
	if err != nil {
		return err
	}
	for _, c := range clustered {
		if overlaps(c, path) {
			return &InUseError{path, []string{"the clustering of the table (cluster-by)"}}
		}
	}
	d.schema, err = edit(d.schema, path, func(parent *schema.Struct, i int) (*schema.Struct, error) {
		if len(parent.Fields) == 1 {
			return nil, &ColumnError{path, "it is the only one, and one must be left"}
		}
		parent.Fields = slices.Delete(parent.Fields, i, i+1)
		return parent, nil
	})
	if err != nil {
		return err
	}
	return d.moveStats(path, nil)
}

// movable: the name of the column is not that in the files, and no expression has it in its text.
func (d *draft) movable(path Path, verb string) error {
	if d.snap.Mapping() == schema.MappingNone {
		return &MappingNeededError{path, verb}
	}
	return d.unused(path, verb == "dropped")
}

// moveStats keeps delta.dataSkippingStatsColumns naming the same columns: a dropped one, where to is nil, leaves the list.
func (d *draft) moveStats(from, to Path) error {
	list, ok := d.properties[txlog.PropSkippingStatsColumns]
	if !ok {
		return nil
	}
	var out []string
	for _, name := range splitList(list) {
		p, err := ParsePath(name)
		if err != nil {
			return &PropertyError{txlog.PropSkippingStatsColumns, err.Error()}
		}
		switch {
		case len(p) < len(from) || !samePath(p[:len(from)], from):
			out = append(out, name)
		case to != nil:
			out = append(out, append(slices.Clone(to), p[len(from):]...).String())
		}
	}
	d.properties[txlog.PropSkippingStatsColumns] = strings.Join(out, ",")
	if len(out) == 0 {
		delete(d.properties, txlog.PropSkippingStatsColumns)
	}
	return nil
}

// splitList splits at commas outside of backquotes.
func splitList(list string) []string {
	var out []string
	quoted, start := false, 0
	for i := range len(list) {
		switch {
		case list[i] == '`':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			out = append(out, strings.TrimSpace(list[start:i]))
			start = i + 1
		}
	}
	if last := strings.TrimSpace(list[start:]); last != "" {
		out = append(out, last)
	}
	return out
}

func samePath(a, b Path) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool { return schema.Fold(x) == schema.Fold(y) })
}

// overlaps: one of the paths is, or is inside of, the other.
func overlaps(a, b Path) bool {
	n := min(len(a), len(b))
	return samePath(a[:n], b[:n])
}
