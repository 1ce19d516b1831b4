package table

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// metadata checks the rows against a snapshot and gives the metadata and protocol that a commit on top of it must
// add for them: new columns, widened types, high-water marks of identity columns. There are none where
// the table takes the files as it is. It may be called for one snapshot after another.
// Errors: *SchemaChangedError, those of txlog/feature.
func (w *WriteSet) metadata(s *txlog.Snapshot) ([]action.Action, error) {
	if w.replace {
		return w.replacement(s)
	}
	old, now := w.base.Metadata(), s.Metadata()
	merged := w.target.schema
	if old != now {
		if err := w.sameShape(s); err != nil {
			return nil, &SchemaChangedError{Location: w.t.Location(), Version: s.Version(), Err: err}
		}
	}
	switch {
	case old != now && (old.ID != now.ID || old.SchemaString != now.SchemaString || !slices.Equal(old.PartitionColumns, now.PartitionColumns)):
		var err error
		if merged, err = w.fits(s); err != nil {
			return nil, &SchemaChangedError{Location: w.t.Location(), Version: s.Version(), Err: err}
		}
	case merged == w.start:
		merged = s.Schema()
	}
	if merged = w.withMarks(merged); merged == s.Schema() {
		return nil, nil
	}
	meta := *now
	return w.described(s, merged, meta)
}

// described gives meta, for a commit on top of s, with a schema, the ids that were given in it, and the protocol where it must rise.
func (w *WriteSet) described(s *txlog.Snapshot, merged *schema.Struct, meta action.Metadata) ([]action.Action, error) {
	proto, now, err := w.redescribed(s.Protocol(), merged, meta)
	if err != nil {
		return nil, err
	}
	if proto != s.Protocol() {
		return []action.Action{proto, now}, nil
	}
	return []action.Action{now}, nil
}

// redescribed is meta with another schema and the ids that were given in it, and the protocol that it needs.
func (w *WriteSet) redescribed(old *action.Protocol, merged *schema.Struct, meta action.Metadata) (*action.Protocol, *action.Metadata, error) {
	meta.SchemaString = merged.JSON()
	if known := txlog.NewProperties(meta.Configuration).MaxColumnID(); w.shape.mapped() && w.maxID != known {
		meta.Configuration = maps.Clone(meta.Configuration)
		meta.Configuration[txlog.PropMappingMaxID] = strconv.FormatInt(max(w.maxID, known), 10)
	}
	proto, err := feature.Upgrade(old, feature.Table{Schema: merged, Properties: meta.Configuration})
	return proto, &meta, err
}

// withMarks is s with the values that this write has given in its identity columns as high-water marks.
func (w *WriteSet) withMarks(s *schema.Struct) *schema.Struct {
	out := s
	for i := range s.Fields {
		f := s.Fields[i]
		seq := w.sequences[schema.Fold(f.Name)]
		id, is := f.Identity()
		if !is || seq == nil || seq.given() == nil {
			continue
		}
		if out == s {
			out = &schema.Struct{Fields: slices.Clone(s.Fields)}
		}
		id.HighWater = seq.given()
		out.Fields[i] = f.AsIdentity(id)
	}
	return out
}

// sameShape says whether files as they were written are files of the table as another writer has made it.
func (w *WriteSet) sameShape(s *txlog.Snapshot) error {
	if w.base.Metadata().ID != s.Metadata().ID {
		return errors.New("it is another table now")
	}
	now := shapeOf(s)
	switch {
	case now.mapping != w.shape.mapping:
		return fmt.Errorf("its column mapping is %s now and was %s", now.mapping, w.shape.mapping)
	case now.nestedIDs != w.shape.nestedIDs, now.materialize && !w.shape.materialize:
		return errors.New("it wants other columns and ids in its files now")
	case w.maxID != w.shape.props.MaxColumnID() && w.target.schema != w.start && now.props.MaxColumnID() != w.shape.props.MaxColumnID():
		return errors.New("it has new columns, with the ids of those that were written")
	}
	for _, c := range now.constraints {
		if !slices.Contains(w.shape.constraints, c) {
			return fmt.Errorf("it has a new constraint %s (%s)", c.name, c.text)
		}
	}
	for path := range slices.Values(now.clustered) {
		if !w.target.stats.Has(path) {
			return errors.New("it is clustered by other columns now, which need statistics")
		}
	}
	return nil
}

// fits gives the table's schema with the rows in it, where files as they were written can be part of a
// table whose schema was changed by another.
func (w *WriteSet) fits(s *txlog.Snapshot) (*schema.Struct, error) {
	if by := s.Metadata().PartitionColumns; !slices.Equal(by, w.shape.partitionBy) {
		return nil, &PartitionedError{Location: w.t.Location(), Table: by, Want: w.shape.partitionBy}
	}
	if err := s.CheckWrite(); err != nil {
		return nil, err
	}
	cur, written := s.Schema(), w.target.schema
	if err := w.departed(cur); err != nil {
		return nil, err
	}
	merged, err := accept(cur, written, w.opts.MergeSchema, w.shape.merger())
	if err != nil {
		return nil, err
	}
	// The files are written already, so types must be the very same, and what must not be null now
	// must not have been allowed to be.
	if _, err := schema.Merge(written, merged); err != nil {
		return nil, err
	}
	return merged, errors.Join(stricter(cur, written), respelled(merged, written), w.sameRules(cur))
}

// departed finds a column that another writer has dropped or renamed. Under column mapping its old values are in the files
// still, so a column that the rows add must not take its place.
func (w *WriteSet) departed(now *schema.Struct) error {
	if !w.shape.mapped() {
		return nil
	}
	for path := range w.base.Schema().Walk() {
		if w.target.schema.Lookup(path...) != nil && now.Lookup(path...) == nil {
			return fmt.Errorf("column %s was dropped or renamed", strings.Join(path, "."))
		}
	}
	return nil
}

// respelled finds a column that is spelled otherwise in the files than in the table, by another writer who added
// it at the same time: engines that heed the case of names would take it for one that the files do not have.
// With column mapping, that is the physical name.
func respelled(table, written *schema.Struct) error {
	type names struct{ logical, physical string }
	known := map[string]names{}
	for path, f := range table.Walk() {
		known[foldPath(path)] = names{strings.Join(path, "."), f.PhysicalName()}
	}
	for path, f := range written.Walk() {
		have, mine := known[foldPath(path)], strings.Join(path, ".")
		if have.logical != mine {
			return fmt.Errorf("column %s is called %s now", mine, have.logical)
		}
		if physical := f.PhysicalName(); have.physical != physical {
			return fmt.Errorf("column %s is called %s in files now, not %s", mine, have.physical, physical)
		}
	}
	return nil
}

// sameRules says whether what the columns of the table demand of rows is what the rows were checked against, and
// whether no other writer has given the values of identity columns that this one gave.
func (w *WriteSet) sameRules(now *schema.Struct) error {
	written := map[string]*schema.Field{}
	for path, f := range w.target.schema.Walk() {
		written[foldPath(path)] = f
	}
	for path, f := range now.Walk() {
		old, column := written[foldPath(path)], strings.Join(path, ".")
		if old == nil {
			if _, is := f.Invariant(); is || len(path) == 1 && filled(f) {
				return fmt.Errorf("column %s is new, and rows must be checked or filled in for it", column)
			}
			continue
		}
		for _, key := range []string{schema.KeyInvariants, schema.KeyGeneration} {
			if !bytes.Equal(f.Metadata[key], old.Metadata[key]) && f.Metadata[key] != nil {
				return fmt.Errorf("column %s has another %s now", column, key)
			}
		}
		if seq := w.sequences[schema.Fold(f.Name)]; len(path) == 1 && seq != nil && seq.given() != nil {
			id, _ := f.Identity()
			if (id.HighWater == nil) != (seq.base == nil) || id.HighWater != nil && *id.HighWater != *seq.base || id.Step != seq.step {
				return fmt.Errorf("identity column %s was given the same values by another writer", column)
			}
		}
	}
	return nil
}

// stricter finds a column that the table now wants NOT NULL and that could be null in what was written.
func stricter(now, written *schema.Struct) error {
	loose := map[string]bool{}
	for path, f := range written.Walk() {
		if f.Nullable {
			loose[foldPath(path)] = true
		}
	}
	for path, f := range now.Walk() {
		if !f.Nullable && loose[foldPath(path)] {
			return fmt.Errorf("column %s has become NOT NULL and the rows that were written may have nulls in it", strings.Join(path, "."))
		}
	}
	return nil
}

func foldPath(path []string) string {
	var key []byte
	for _, p := range path {
		key = append(append(key, schema.Fold(p)...), 0)
	}
	return string(key)
}
