package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// tombstonesFolder is where, in a table, that of the keys of its deleted rows lies. Engines pass over folders that begin so.
const tombstonesFolder = "/_ingestd/tombstones"

func notATable(err error) bool {
	absent := (*txlog.NotATableError)(nil)
	return errors.As(err, &absent)
}

// open opens the table, or makes it for changes of a batch. Changes without keys, which are truncations, make none.
func (s *CDC) open(ctx context.Context, t *cdcTable, b changes.Batch) error {
	store, err := s.o.Store(ctx, t.location)
	if err != nil {
		return err
	}
	found, err := table.Open(ctx, store, s.o.Table.table()...)
	switch {
	case notATable(err) && len(s.keysOf(b)) == 0:
		return nil
	case notATable(err):
		o, err := s.creation(b)
		if err != nil {
			return err
		}
		if found, _, err = table.CreateIfNotExists(ctx, store, o, s.o.Table.table()...); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if s.o.Table.PartitionBy != nil {
		if err := found.CheckPartitionedBy(s.o.Table.PartitionBy); err != nil {
			return err
		}
	}
	if !s.o.Table.Checkpointed {
		if err := checkRetention(found); err != nil {
			return err
		}
	}
	if found.Snapshot().Properties().SequenceColumn() == "" {
		if _, err := alter.SetProperties(ctx, found, map[string]string{txlog.PropSequenceColumn: txlog.NewSequenceColumn(found.NewID)}); err != nil {
			return fmt.Errorf("prepare it for changes: %w", err)
		}
	}
	o := s.o.Changes
	o.Now, o.TableOptions, o.Widen = s.o.Table.Now, s.o.Table.table(), widen
	o.WriteOptions = s.o.Table.write()
	if !s.o.ForgetDeletions && !o.SoftDelete { // else the rows themselves remember
		if o.Tombstones, err = s.o.Store(ctx, strings.TrimRight(t.location, "/")+tombstonesFolder); err != nil {
			return err
		}
	}
	t.applier = changes.New(found, o)
	return nil
}

// widen lets the types of a table widen.
func widen(ctx context.Context, t *table.Table) error {
	_, err := alter.SetProperties(ctx, t, map[string]string{"delta.enableTypeWidening": "true"})
	return err
}

// creation describes the table that is made for changes.
func (s *CDC) creation(b changes.Batch) (table.CreateOptions, error) {
	if s.o.Changes.SoftDelete {
		b = b.SoftDeletes()
	}
	columns, err := table.SchemaOf(arrow.NewSchema(b.Columns, nil))
	if err != nil {
		return table.CreateOptions{}, err
	}
	keys := s.keysOf(b)
	for i := range columns.Fields {
		f := &columns.Fields[i]
		f.Nullable = true
		for _, k := range keys {
			if schema.Fold(k) == schema.Fold(f.Name) {
				f.Nullable = false
			}
		}
	}
	newID := s.o.Table.NewID
	if newID == nil {
		newID = uuid.NewString
	}
	props := map[string]string{txlog.PropDeletionVectors: "true", txlog.PropSequenceColumn: txlog.NewSequenceColumn(newID)}
	if columns.CheckFileNames() != nil { // names with blanks and the like
		props[txlog.PropMappingMode] = "name"
	}
	maps.Copy(props, s.o.Table.Properties)
	o := table.CreateOptions{Schema: columns, PartitionBy: s.o.Table.PartitionBy, Properties: props, Name: s.o.Table.Name, Description: s.o.Table.Description}
	if o.Description == "" {
		o.Description = "kept equal to " + b.Origin.String()
	}
	return o, nil
}

func (s *CDC) keysOf(b changes.Batch) []string {
	if s.o.Changes.Keys != nil {
		return s.o.Changes.Keys
	}
	return b.Keys
}
