package alter

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// mapping is the mode that the table will have.
func (d *draft) mapping() schema.Mapping {
	return schema.ParseMapping(d.properties[txlog.PropMappingMode])
}

// mapColumns gives ids and physical names to the columns that have none, where the table maps its columns. On a table that turns mapping on, the
// physical names are those in the files that are there.
// Errors: *PropertyError for a change of mode that the protocol does not allow.
func (d *draft) mapColumns() error {
	before, now := d.snap.Mapping(), d.mapping()
	if before != now {
		if err := d.changeMapping(before, now); err != nil {
			return err
		}
	}
	if now == schema.MappingNone {
		if before != now {
			d.unmap()
		}
		return nil
	}
	if before == schema.MappingNone {
		d.schema = ownNames(d.schema)
	}
	last, _ := strconv.ParseInt(d.properties[txlog.PropMappingMaxID], 10, 64)
	newName := func() string { return "col-" + d.t.NewID() }
	mapped, highest := d.schema.AssignMapping(last, newName, isTrue(d.properties[txlog.PropIcebergCompatV2]))
	d.schema = mapped
	d.properties[txlog.PropMappingMaxID] = strconv.FormatInt(highest, 10)
	return nil
}

// changeMapping: none to name can be without rewriting all files, since they say afterwards what they say now
// ("Column Mapping"; Spark has the same rule). So can the way back, as long as each column is called in the
// files as it is called in the table, and no file has values of a column that was dropped, which would come back
// with a column of its name.
func (d *draft) changeMapping(before, now schema.Mapping) error {
	switch {
	case now != schema.MappingNone && now != schema.MappingName && now != schema.MappingID:
		return &PropertyError{txlog.PropMappingMode, fmt.Sprintf("%q is no mode: a table maps columns by name or not at all (none)", now)}
	case now == schema.MappingNone && d.neverMoved():
		return nil
	case now == schema.MappingNone:
		return &PropertyError{txlog.PropMappingMode, "it cannot change to none without rewriting all data files, since columns were renamed, dropped or added while it was on; write the table anew instead"}
	case before != schema.MappingNone || now != schema.MappingName:
		return &PropertyError{txlog.PropMappingMode, fmt.Sprintf("it cannot change from %s to %s without rewriting all data files; on a table that exists it can only change from none to name", before, now)}
	}
	for path, f := range d.schema.Walk() {
		if _, ok := f.FieldID(); ok {
			return &ColumnError{Path(path), "it has a column id although the table does not map columns, left by an earlier mapping; such a table cannot turn mapping on again, since the ids of its columns would not be unique"}
		}
	}
	return nil
}

// neverMoved: all columns have their own names as physical names, and there were never any others.
func (d *draft) neverMoved() bool {
	var ids int64
	for _, f := range d.schema.Walk() {
		if f.PhysicalName() != f.Name {
			return false
		}
		ids += 1 + int64(len(f.NestedIDs()))
	}
	return ids == d.snap.Properties().MaxColumnID()
}

// unmap takes ids and physical names off.
func (d *draft) unmap() {
	delete(d.properties, txlog.PropMappingMaxID)
	d.schema = eachField(d.schema, func(f schema.Field) schema.Field {
		return without(f, schema.KeyFieldID, schema.KeyPhysicalName, schema.KeyNestedIDs)
	}).(*schema.Struct)
}

// ownNames gives every field its own name as physical name: that by which existing files know it.
func ownNames(s *schema.Struct) *schema.Struct {
	return eachField(s, func(f schema.Field) schema.Field {
		raw, err := json.Marshal(f.Name)
		if err != nil {
			return f
		}
		return f.With(schema.KeyPhysicalName, raw)
	}).(*schema.Struct)
}

// eachField is t with every field of it, at any depth, put through do.
func eachField(t schema.Type, do func(schema.Field) schema.Field) schema.Type {
	switch t := t.(type) {
	case *schema.Struct:
		out := &schema.Struct{Fields: make([]schema.Field, len(t.Fields))}
		for i, f := range t.Fields {
			f = do(f)
			f.Type = eachField(f.Type, do)
			out.Fields[i] = f
		}
		return out
	case *schema.Array:
		return &schema.Array{Element: eachField(t.Element, do), ContainsNull: t.ContainsNull}
	case *schema.Map:
		return &schema.Map{Key: eachField(t.Key, do), Value: eachField(t.Value, do), ValueContainsNull: t.ValueContainsNull}
	}
	return t
}

// without is the field without keys of its metadata.
func without(f schema.Field, keys ...string) schema.Field {
	f.Metadata = maps.Clone(f.Metadata)
	for _, k := range keys {
		delete(f.Metadata, k)
	}
	return f
}

func isTrue(v string) bool {
	b, err := strconv.ParseBool(v)
	return err == nil && b
}
