package txlog

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// metadataRules are about the metaData action by itself.
var metadataRules = []rule{
	{applies: func(p *proposal) bool { return p.kinds["metaData"] > 0 }, check: validSchema},
}

func validSchema(_ context.Context, p *proposal) error {
	for _, err := range []error{p.after.schema.CheckPartitionColumns(p.after.state.metadata.PartitionColumns), p.after.schema.Check()} {
		if err != nil {
			return invalid("%v", err)
		}
	}
	return nil
}

// columnRules are about what the metadata of columns say.
var columnRules = []rule{
	{feature: "generatedColumns", applies: (*proposal).changesTable, check: generatedColumns},
	{feature: "identityColumns", applies: (*proposal).changesTable, check: identityColumns},
	{feature: "allowColumnDefaults", applies: (*proposal).changesTable, check: defaults},
	{applies: (*proposal).changesTable, check: recordedTypeChanges},
	{applies: func(p *proposal) bool { return p.changed && !p.replaces() }, check: columnTypesStay},
}

func generatedColumns(_ context.Context, p *proposal) error {
	for path, f := range p.after.schema.Walk() {
		raw, ok := f.Metadata[schema.KeyGeneration]
		if !ok {
			continue
		}
		name, text := strings.Join(path, "."), ""
		switch {
		case json.Unmarshal(raw, &text) != nil || strings.TrimSpace(text) == "":
			return invalid("the generation expression of the column %s is not a text", name)
		case len(path) > 1:
			return invalid("the column %s is part of another and cannot be generated", name)
		case f.Metadata[schema.KeyDefault] != nil || f.Metadata[schema.KeyIdentityStart] != nil:
			return invalid("the column %s is generated and cannot have a default or be an identity column, too", name)
		case schema.Contains(f.Type, func(t schema.Type) bool { return t == schema.Type(schema.Variant) }):
			return invalid("the column %s is of type variant and cannot be generated", name)
		}
	}
	return nil
}

func defaults(_ context.Context, p *proposal) error {
	for path, f := range p.after.schema.Walk() {
		raw, ok := f.Metadata[schema.KeyDefault]
		if !ok {
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) != nil || strings.TrimSpace(text) == "" {
			return invalid("the default of the column %s is not a text", strings.Join(path, "."))
		}
		if f.Type == schema.Type(schema.Variant) && !strings.EqualFold(strings.TrimSpace(text), "null") {
			return invalid("the default of the column %s must be null, since it is of type variant", strings.Join(path, "."))
		}
	}
	return nil
}

func identityColumns(_ context.Context, p *proposal) error {
	for path, f := range p.after.schema.Walk() {
		id, ok := f.Identity()
		if !ok {
			continue
		}
		switch {
		case len(path) > 1:
			return invalid("the column %s is part of another and cannot be an identity column", strings.Join(path, "."))
		case id.Step == 0:
			return invalid("the identity column %s needs a %s that is not 0", f.Name, schema.KeyIdentityStep)
		case f.Type != schema.Type(schema.Long):
			return invalid("the identity column %s is of type %s and must be a long", f.Name, f.Type)
		}
		if err := identityStays(p, f, id); err != nil {
			return err
		}
	}
	return nil
}

// identityStays: start, step and who may give values are fixed at creation, and the high-water mark only goes on.
func identityStays(p *proposal, f *schema.Field, id schema.Identity) error {
	if p.t.create || p.restores() {
		return nil
	}
	old := p.base.schema.Field(f.Name)
	if old == nil {
		return nil
	}
	was, ok := old.Identity()
	if !ok {
		return nil
	}
	if was.Start != id.Start || was.Step != id.Step || was.AllowExplicit != id.AllowExplicit {
		return invalid("start, step and %s of the identity column %s cannot be changed", schema.KeyIdentityExplicit, f.Name)
	}
	if was.HighWater != nil && (id.HighWater == nil || id.Step > 0 && *id.HighWater < *was.HighWater || id.Step < 0 && *id.HighWater > *was.HighWater) {
		return invalid("the high-water mark of the identity column %s cannot go back from %d", f.Name, *was.HighWater)
	}
	return nil
}
