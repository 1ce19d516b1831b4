package expression

import (
	"encoding/json"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// Relation is rows under names by which expressions qualify columns: t.id, target.id. Without names columns have
// their own only.
type Relation struct {
	Names  []string
	Schema *arrow.Schema
}

// Qualified is the relation's own schema, under the names of its columns, over which expressions may be that qualify
// them: t.id and id are column id.
func (r Relation) Qualified() *arrow.Schema {
	return arrow.NewSchema(r.fields(func(column string) string { return column }), nil)
}

// Field is what Join calls a column of a relation: t.id. Expressions never write it so themselves but with dot and names apart.
func Field(r Relation, column string) string {
	if len(r.Names) == 0 {
		return column
	}
	return r.Names[0] + "." + column
}

// Join is the schema of rows of relations side by side: a field is named Field(relation, column). Expressions over
// it name a column as relation.column or, where only one relation has such a column, by the column alone; else the name is
// ambiguous (Spark's AMBIGUOUS_REFERENCE). The first names of the relations must differ.
func Join(relations ...Relation) *arrow.Schema {
	var fields []arrow.Field
	for _, r := range relations {
		fields = append(fields, r.fields(func(column string) string { return Field(r, column) })...)
	}
	return arrow.NewSchema(fields, nil)
}

// Keys of a field's metadata. The names are a list in JSON.
const (
	namesKey  = "ingestd.relation.names"
	columnKey = "ingestd.relation.column"
)

func (r Relation) fields(named func(column string) string) []arrow.Field {
	names, _ := json.Marshal(r.Names) // of strings, which cannot fail
	fields := slices.Clone(r.Schema.Fields())
	for i, f := range fields {
		keys, values := []string{namesKey, columnKey}, []string{string(names), f.Name}
		for j, key := range f.Metadata.Keys() {
			if key != namesKey && key != columnKey {
				keys, values = append(keys, key), append(values, f.Metadata.Values()[j])
			}
		}
		fields[i].Name, fields[i].Metadata = named(f.Name), arrow.NewMetadata(keys, values)
	}
	return fields
}

// Origin tells of a field of Join or Qualified the names of its relation, and its column there. ok is false for any other
// field.
func Origin(f arrow.Field) (names []string, column string, ok bool) {
	text, known := f.Metadata.GetValue(namesKey)
	column, ok = f.Metadata.GetValue(columnKey)
	if !known || !ok || json.Unmarshal([]byte(text), &names) != nil {
		return nil, "", false
	}
	return names, column, true
}
