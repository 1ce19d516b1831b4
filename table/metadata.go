package table

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// metadata checks the rows against a snapshot and gives the metadata and protocol that a commit on top of it must
// add for them; none where the table takes the files as it is. It may be called for one snapshot after another.
// Errors: *SchemaChangedError, those of txlog/feature.
func (w *WriteSet) metadata(s *txlog.Snapshot) ([]action.Action, error) {
	old, now := w.base.Metadata(), s.Metadata()
	changed := old.ID != now.ID || old.SchemaString != now.SchemaString || !slices.Equal(old.PartitionColumns, now.PartitionColumns)
	if !changed && w.target.schema == w.base.Schema() {
		return nil, nil
	}
	merged := w.target.schema
	if changed {
		var err error
		if merged, err = w.fits(s); err != nil {
			return nil, &SchemaChangedError{Location: w.t.Location(), Version: s.Version(), Err: err}
		}
		if merged == s.Schema() {
			return nil, nil
		}
	}
	meta := *now
	meta.SchemaString = merged.JSON()
	proto, err := feature.Upgrade(s.Protocol(), feature.Table{Schema: merged, Properties: now.Configuration})
	if err != nil {
		return nil, err
	}
	if proto != s.Protocol() {
		return []action.Action{proto, &meta}, nil
	}
	return []action.Action{&meta}, nil
}

// fits gives the table's schema with the rows in it, where files as they were written can be part of a
// table whose schema was changed by another.
func (w *WriteSet) fits(s *txlog.Snapshot) (*schema.Struct, error) {
	if w.base.Metadata().ID != s.Metadata().ID {
		return nil, errors.New("it is another table now")
	}
	if by := s.Metadata().PartitionColumns; !slices.Equal(by, w.target.partitionBy) {
		return nil, &PartitionedError{Location: w.t.Location(), Table: by, Want: w.target.partitionBy}
	}
	if err := s.CheckWrite(); err != nil {
		return nil, err
	}
	cur, written := s.Schema(), w.target.schema
	merged, err := accept(cur, written, w.opts.MergeSchema)
	if err != nil {
		return nil, err
	}
	// The files are written already, so types must be the very same, and what must not be null now
	// must not have been allowed to be.
	if _, err := schema.Merge(written, merged); err != nil {
		return nil, err
	}
	return merged, errors.Join(stricter(cur, written), respelled(merged, written))
}

// respelled finds a column that is spelled otherwise in the files than in the table, by another writer who added
// it at the same time: engines that heed the case of names would take it for one that the files do not have.
func respelled(table, written *schema.Struct) error {
	names := map[string]string{}
	for path := range table.Walk() {
		names[foldPath(path)] = strings.Join(path, ".")
	}
	for path := range written.Walk() {
		if have, mine := names[foldPath(path)], strings.Join(path, "."); have != mine {
			return fmt.Errorf("column %s is called %s now", mine, have)
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
