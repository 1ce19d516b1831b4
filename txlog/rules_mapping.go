package txlog

import (
	"context"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// mappingRules are those of column mapping ("Writer Requirements for Column Mapping").
var mappingRules = []rule{
	{applies: (*proposal).changesTable, check: mappingMode},
	{feature: "columnMapping", applies: changesMapped, check: mappedFields},
	{feature: "columnMapping", applies: func(p *proposal) bool { return changesMapped(p) && keepsColumns(p) }, check: identitiesStay},
}

func changesMapped(p *proposal) bool { return p.changed && p.after.Mapping() != schema.MappingNone }

// keepsColumns: the table was mapped before, and is the same table after.
func keepsColumns(p *proposal) bool { return !p.t.create && p.base.Mapping() != schema.MappingNone }

// mappingMode: the mode is one of the protocol, and an existing table changes it from none to name only, as
// in Spark: its files have neither field ids, nor other names. Back to none it may be changed where the physical
// names are the names, or with a rewrite of the files.
func mappingMode(_ context.Context, p *proposal) error {
	to := p.after.props.Mapping()
	switch to {
	case schema.MappingNone, schema.MappingName, schema.MappingID:
	default:
		return invalid("%s = %q must be none, name or id", PropMappingMode, to)
	}
	if p.t.create {
		return nil
	}
	from, to := p.base.Mapping(), p.after.Mapping()
	switch {
	case from == to, from == schema.MappingNone && to == schema.MappingName:
		return nil
	case to == schema.MappingNone && (len(p.removes) > 0 || plainNames(p.base.schema)):
		return nil
	}
	return invalid("%s cannot be changed from %s to %s; an existing table can go from none to name", PropMappingMode, from, to)
}

func plainNames(s *schema.Struct) bool {
	for _, f := range s.Walk() {
		if f.PhysicalName() != f.Name {
			return false
		}
	}
	return true
}

// mappedFields: every field has an id and a physical name, unique, and the highest id ever is on record.
func mappedFields(_ context.Context, p *proposal) error {
	highest, ids := int64(0), map[int64]string{}
	for path, f := range p.after.schema.Walk() {
		name := strings.Join(path, ".")
		id, ok := f.FieldID()
		if _, named := f.Metadata[schema.KeyPhysicalName]; !ok || !named {
			return invalid("the column %s has no %s and %s in its metadata", name, schema.KeyFieldID, schema.KeyPhysicalName)
		}
		if other, dup := ids[id]; dup {
			return invalid("the columns %s and %s have the same id %d", other, name, id)
		}
		ids[id] = name
		highest = max(highest, id)
		nested, err := nestedIDs(f)
		if err != nil {
			return invalid("the column %s: %s: %v", name, schema.KeyNestedIDs, err)
		}
		for key, id := range nested {
			if other, dup := ids[id]; dup {
				return invalid("%s of the column %s has the id %d of %s", key, name, id, other)
			}
			ids[id] = name + " " + key
			highest = max(highest, id)
		}
	}
	if recorded := p.after.props.MaxColumnID(); recorded < highest {
		return invalid("%s is %d, but there is a column of the id %d", PropMappingMaxID, recorded, highest)
	}
	if !p.t.create && p.after.props.MaxColumnID() < p.base.props.MaxColumnID() {
		return invalid("%s cannot go down from %d to %d", PropMappingMaxID, p.base.props.MaxColumnID(), p.after.props.MaxColumnID())
	}
	return physicalNames(p.after.schema.Physical(schema.MappingName))
}

func physicalNames(physical *schema.Struct) error {
	if err := physical.Check(); err != nil {
		return invalid("physical names: %v", err)
	}
	return nil
}

// identitiesStay: a column that stays has the id and the physical name by which files know it, and a new one has an id of its own.
func identitiesStay(_ context.Context, p *proposal) error {
	before := map[int64]string{}
	for path, f := range p.base.schema.Physical(schema.MappingName).Walk() {
		if id, ok := f.FieldID(); ok {
			before[id] = strings.Join(path, ".")
		}
	}
	highest := p.base.props.MaxColumnID()
	for path, f := range p.after.schema.Physical(schema.MappingName).Walk() {
		id, _ := f.FieldID()
		now := strings.Join(path, ".")
		was, ok := before[id]
		switch {
		case ok && was != now && !p.restores():
			return invalid("the column of the id %d has the physical name %s and cannot come to have %s", id, was, now)
		case !ok && id <= highest && !p.replaces():
			return invalid("the new column %s needs an id above %d, the highest so far, not %d", now, highest, id)
		}
	}
	return nil
}
