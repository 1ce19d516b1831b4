package txlog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// AppendOnlyError says that the commit would remove rows of a table that is append-only.
type AppendOnlyError struct{ Path string }

// Error tells the file and the property.
func (e *AppendOnlyError) Error() string {
	return fmt.Sprintf("the table is append-only, so %s cannot be removed; set %s to false to allow it", e.Path, PropAppendOnly)
}

// fileRules are about the files of a commit ("Add File and Remove File" and the features about files).
var fileRules = []rule{
	{feature: "appendOnly", applies: appendOnly, remove: removesNoRows},
	{add: oneLogicalFile},
	{add: deletionVectorIsWhole},
	{check: changeFiles},
	{applies: writesFiles, check: voidIsNotWritten},
}

func appendOnly(p *proposal) bool { return p.base.props.AppendOnly() || p.after.props.AppendOnly() }

func removesNoRows(_ *proposal, r *action.Remove) error {
	if r.DataChange {
		return &AppendOnlyError{Path: r.Path}
	}
	return nil
}

// oneLogicalFile: a path that is removed and added in one commit must be so with different deletion vectors.
func oneLogicalFile(p *proposal, a *action.Add) error {
	r, ok := p.removes[pathKey(a.Path)].(*action.Remove)
	if ok && r.DeletionVector.UniqueID() == a.DeletionVector.UniqueID() {
		return invalid("the file %s is both removed and added, with the same deletion vector", a.Path)
	}
	return nil
}

// deletionVectorIsWhole: files with a deletion vector tell how many rows they have, and new ones come only
// where the property allows them. A vector is new where the same file is removed with another; RESTORE brings back old ones.
func deletionVectorIsWhole(p *proposal, a *action.Add) error {
	dv := a.DeletionVector
	if dv == nil {
		return nil
	}
	if !p.after.Supports("deletionVectors") {
		return invalid("the added file %s has a deletion vector, which the protocol of the table does not list", a.Path)
	}
	why := func(format string, args ...any) error {
		return &InvalidCommitError{"deletionVectors", fmt.Sprintf("the added file %s ", a.Path) + fmt.Sprintf(format, args...)}
	}
	rows, ok := numRecords(a.Stats)
	switch {
	case !ok:
		return why("has a deletion vector, but no numRecords in its statistics")
	case dv.StorageType != "u" && dv.StorageType != "i" && dv.StorageType != "p":
		return why("has a deletion vector of the storage type %q", dv.StorageType)
	case dv.StorageType == "i" && dv.Offset != nil:
		return why("has an inline deletion vector with an offset")
	case dv.PathOrInlineDv == "" || dv.SizeInBytes < 0 || dv.Cardinality < 0:
		return why("has a deletion vector without a place or with a negative size")
	case dv.Cardinality > rows:
		return why("has a deletion vector of %d rows, but only %d rows", dv.Cardinality, rows)
	}
	if p.removes[pathKey(a.Path)] == nil || p.restores() {
		return nil
	}
	if !p.after.DeletionVectorsEnabled() {
		return why("has a new deletion vector, which %s forbids; rewrite the file, or set the property to true", PropDeletionVectors)
	}
	if tightBounds(*a.Stats) {
		return why("has a new deletion vector, but statistics that say that their bounds are tight; set tightBounds to false")
	}
	return nil
}

// tightBounds says whether statistics have bounds that claim to be exact, which those that do not say do, too.
func tightBounds(stats string) bool {
	var s struct {
		Tight *bool                      `json:"tightBounds"`
		Min   map[string]json.RawMessage `json:"minValues"`
		Max   map[string]json.RawMessage `json:"maxValues"`
		Nulls map[string]json.RawMessage `json:"nullCount"`
	}
	if json.Unmarshal([]byte(stats), &s) != nil {
		return false
	}
	if s.Tight != nil {
		return *s.Tight
	}
	return len(s.Min)+len(s.Max)+len(s.Nulls) > 0
}

// changeFiles: change data files are part of a commit only where the change data feed is on, and change no data.
func changeFiles(_ context.Context, p *proposal) error {
	for _, c := range p.cdc {
		if !p.after.ChangeDataFeed() {
			return &InvalidCommitError{"changeDataFeed", fmt.Sprintf("the change data file %s, but %s is not true", c.Path, PropChangeDataFeed)}
		}
		if c.DataChange {
			return &InvalidCommitError{"changeDataFeed", fmt.Sprintf("the change data file %s with dataChange true", c.Path)}
		}
		if len(c.PartitionValues) != len(p.partitions) {
			return invalid("the change data file %s has not the partition values of the columns %q", c.Path, p.after.state.metadata.PartitionColumns)
		}
	}
	return nil
}

func writesFiles(p *proposal) bool {
	for _, a := range p.adds {
		if a.(*action.Add).DataChange {
			return true
		}
	}
	return false
}

// voidIsNotWritten: columns of type void are left out of files, so there are shapes that no file can have ("Void Type").
func voidIsNotWritten(_ context.Context, p *proposal) error {
	if at := voidShape(p.after.schema, "the table"); at != "" {
		return invalid("no file can be written while %s; give the column a type", at)
	}
	return nil
}

// voidShape finds what no file can hold: void in an array or a map, and structs of nothing but void.
func voidShape(t schema.Type, where string) string {
	switch t := t.(type) {
	case *schema.Array:
		return voidInside(where, t.Element)
	case *schema.Map:
		return voidInside(where, t.Key, t.Value)
	case *schema.Struct:
		void := 0
		for _, f := range t.Fields {
			if f.Type == schema.Type(schema.Void) {
				void++
			} else if at := voidShape(f.Type, "the column "+f.Name); at != "" {
				return at
			}
		}
		if void == len(t.Fields) && void > 0 {
			return where + " has only fields of type void"
		}
	}
	return ""
}

func voidInside(where string, types ...schema.Type) string {
	for _, t := range types {
		if t == schema.Type(schema.Void) {
			return where + " has void inside of an array or a map"
		}
		if at := voidShape(t, where); at != "" {
			return at
		}
	}
	return ""
}
