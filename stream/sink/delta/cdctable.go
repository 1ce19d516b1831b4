package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// tombstonesFolder is where, in a table, that of the keys of its deleted rows lies. Engines pass over folders that begin so.
const tombstonesFolder = "/_ingestd/tombstones"

func notATable(err error) bool {
	absent := (*txlog.NotATableError)(nil)
	return errors.As(err, &absent)
}

// open opens the table, or makes it for changes of a batch; nil is none, and makes no table, as truncations make none.
func (s *CDC) open(ctx context.Context, t *cdcTable, b *changes.Batch) error {
	store, err := s.o.Store(ctx, t.location)
	if err != nil {
		return err
	}
	found, err := table.Open(ctx, store, s.tableOptions()...)
	switch {
	case notATable(err) && (b == nil || len(b.Columns) == 0):
		return nil
	case notATable(err):
		if found, err = s.make(ctx, store, *b); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if err := s.prepare(ctx, found, b); err != nil {
		return err
	}
	o := s.o.Changes
	o.Now, o.TableOptions, o.Widen = s.o.Table.Now, s.tableOptions(), widen
	o.WriteOptions = s.o.Table.write()
	if !s.o.ForgetDeletions && !o.SoftDelete { // else the rows themselves remember
		if o.Tombstones, err = s.o.Store(ctx, strings.TrimRight(t.location, "/")+tombstonesFolder); err != nil {
			return err
		}
	}
	t.applier = changes.New(found, o)
	return nil
}

// make makes the table for changes of a batch.
func (s *CDC) make(ctx context.Context, store objstore.Store, b changes.Batch) (*table.Table, error) {
	o, err := s.creation(b)
	if err != nil {
		return nil, &unfitError{err}
	}
	made, _, err := table.CreateIfNotExists(ctx, store, o, s.tableOptions()...)
	if err != nil && !goesAway(err) {
		err = &unfitError{err}
	}
	return made, err
}

// prepare checks that changes can be applied to a table, and gives it the properties that this needs.
func (s *CDC) prepare(ctx context.Context, found *table.Table, b *changes.Batch) error {
	if err := changes.CheckSCD(found.Schema(), s.o.Changes.History); err != nil {
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
	props, set := found.Snapshot().Properties(), map[string]string{}
	if props.SequenceColumn() == "" {
		set[txlog.PropSequenceColumn] = txlog.NewSequenceColumn(found.NewID)
	}
	if b != nil && s.pin(*b) != "" {
		if _, pinned := props.Get(txlog.PropSource); !pinned {
			set[txlog.PropSource] = s.pin(*b)
		}
	}
	if len(set) == 0 {
		return nil
	}
	if _, err := alter.SetProperties(ctx, found, set); err != nil {
		return fmt.Errorf("prepare it for changes: %w", err)
	}
	return nil
}

// pin names the table that changes are of, the only one whose changes their Delta table takes: rows of another could have the same keys. Where a
// location is by topic there is none: what comes together in a topic is meant to. Changes of no table are pinned to what orders them, for sequences of
// another kind could not be compared with those in the table.
func (s *CDC) pin(b changes.Batch) string {
	if b.Origin == (changes.Origin{}) {
		order, err := changes.OrderOf(b.SourceTime)
		if err != nil {
			return ""
		}
		return "rows by " + order
	}
	if strings.Contains(string(s.o.Location), "{topic}") {
		return ""
	}
	return b.Origin.String()
}

// SourceError says that changes are of another table than those that a Delta table takes.
type SourceError struct {
	Origin changes.Origin
	Source string // whose changes it takes
	Pin    string // what its property would be for these changes
}

func (e *SourceError) Error() string {
	if e.Origin == (changes.Origin{}) {
		return fmt.Sprintf("the changes are %s, and those that are applied here are of %s (property %s), with whose sequences theirs cannot be compared: "+
			"let sequence_by be of the type that it had, or begin a new table", e.Pin, e.Source, txlog.PropSource)
	}
	return fmt.Sprintf("the change is of %s, and those that are applied here are of %s (property %s): give each table a place of its own, by {database}, {schema} and {table}",
		e.Origin, e.Source, txlog.PropSource)
}

// shapeOf tells batches of other columns or keys apart.
func shapeOf(b changes.Batch) string {
	columns, err := table.SchemaOf(arrow.NewSchema(b.Columns, nil))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%q %s", b.Keys, columns)
}

// widen lets the types of a table widen.
func widen(ctx context.Context, t *table.Table) error {
	_, err := alter.SetProperties(ctx, t, map[string]string{"delta.enableTypeWidening": "true"})
	return err
}

// creation describes the table that is made for changes.
func (s *CDC) creation(b changes.Batch) (table.CreateOptions, error) {
	what := "kept equal to "
	switch {
	case s.o.Changes.History:
		b, what = b.History(), "history of the rows of "
	case s.o.Changes.SoftDelete:
		b = b.SoftDeletes()
	}
	columns, err := table.SchemaOf(arrow.NewSchema(b.Columns, nil))
	if err != nil {
		return table.CreateOptions{}, err
	}
	keys, err := changes.KeysOf(columns, b, s.o.Changes.Keys)
	if err != nil {
		return table.CreateOptions{}, err
	}
	if len(keys) == 0 {
		return table.CreateOptions{}, &changes.KeysError{Origin: b.Origin}
	}
	for i := range columns.Fields {
		f := &columns.Fields[i]
		f.Nullable = !slices.Contains(keys, f.Name)
	}
	newID := s.o.Table.NewID
	if newID == nil {
		newID = uuid.NewString
	}
	props := map[string]string{txlog.PropDeletionVectors: "true", txlog.PropSequenceColumn: txlog.NewSequenceColumn(newID)}
	if pin := s.pin(b); pin != "" {
		props[txlog.PropSource] = pin
	}
	if columns.CheckFileNames() != nil { // names with blanks and the like
		props[txlog.PropMappingMode] = "name"
	}
	maps.Copy(props, s.o.Table.Properties)
	o := table.CreateOptions{Schema: columns, PartitionBy: s.o.Table.PartitionBy, Properties: props, Name: s.o.Table.Name, Description: s.o.Table.Description}
	switch {
	case o.Description != "":
	case b.Origin == (changes.Origin{}) && s.o.Changes.History:
		o.Description = "all changes of each key"
	case b.Origin == (changes.Origin{}):
		o.Description = "the newest change of each key"
	default:
		o.Description = what + b.Origin.String()
	}
	return o, nil
}
