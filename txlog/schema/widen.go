package schema

import (
	"encoding/json"
	"slices"
	"strings"
)

// KeyTypeChanges is the key of field metadata with the changes of its type ("Type Change Metadata").
const KeyTypeChanges = "delta.typeChanges"

// TypeChange is one entry of delta.typeChanges. Extra keys of old previews are kept with the raw text.
type TypeChange struct {
	FromType  string `json:"fromType"` // as in the schema's JSON: "integer", "decimal(10,2)"
	ToType    string `json:"toType"`
	FieldPath string `json:"fieldPath,omitempty"` // "element", "value.element": where in arrays and maps
}

// CanWiden says whether ALTER may change the type of a column from one flat type to another: the
// protocol's list ("Type Widening"). The same type is no change.
func CanWiden(from, to Type) bool {
	if from == to {
		return false
	}
	f, fromInt := integral[from]
	switch to := to.(type) {
	case Primitive:
		if t, ok := integral[to]; ok && fromInt {
			return f.rank < t.rank
		}
		switch to {
		case Double:
			return from == Type(Float) || fromInt && f.rank <= 3
		case TimestampNTZ:
			return from == Type(Date)
		}
	case Decimal:
		switch {
		case fromInt && f.rank <= 3:
			return to.wider(Decimal{10, 0})
		case fromInt:
			return to.wider(Decimal{20, 0})
		}
		d, ok := from.(Decimal)
		return ok && to.wider(d)
	}
	return false
}

// wider: d holds as many digits as o on both sides of the point.
func (d Decimal) wider(o Decimal) bool {
	return d.Scale >= o.Scale && d.Precision-d.Scale >= o.Precision-o.Scale
}

// CanWidenUnasked says whether schema evolution may change a type without being told to: as Spark, within
// one family of types only, so that no integer becomes a double or a decimal by accident.
func CanWidenUnasked(from, to Type) bool {
	_, fromInt := integral[from]
	_, toInt := integral[to]
	_, fromDecimal := from.(Decimal)
	return CanWiden(from, to) && (fromInt && toInt || fromDecimal || from == Type(Float) || from == Type(Date))
}

// CanWidenInIceberg says whether Iceberg allows the change too, which tables with icebergCompat need.
func CanWidenInIceberg(from, to Type) bool {
	_, toInt := integral[to]
	a, fromDecimal := from.(Decimal)
	b, _ := to.(Decimal)
	return CanWiden(from, to) && (toInt || from == Type(Float) || fromDecimal && a.Scale == b.Scale)
}

// TypeChanges are the recorded changes of the types of a field; nil where there are none.
func (f *Field) TypeChanges() []TypeChange {
	var changes []TypeChange
	if json.Unmarshal(f.Metadata[KeyTypeChanges], &changes) != nil {
		return nil
	}
	return changes
}

// RecordTypeChanges is after with delta.typeChanges for every flat type in it that CanWiden from what it is
// in before; fields are matched by name. It is after itself where nothing was widened.
func RecordTypeChanges(before, after *Struct) *Struct {
	out := recordChanges(before, after)
	if out == Type(after) {
		return after
	}
	return out.(*Struct)
}

func recordChanges(before, after Type) Type {
	switch a := after.(type) {
	case *Struct:
		b, ok := before.(*Struct)
		if !ok {
			return after
		}
		return recordStruct(b, a)
	case *Array:
		if b, ok := before.(*Array); ok {
			if e := recordChanges(b.Element, a.Element); e != a.Element {
				return &Array{Element: e, ContainsNull: a.ContainsNull}
			}
		}
	case *Map:
		if b, ok := before.(*Map); ok {
			k, v := recordChanges(b.Key, a.Key), recordChanges(b.Value, a.Value)
			if k != a.Key || v != a.Value {
				return &Map{Key: k, Value: v, ValueContainsNull: a.ValueContainsNull}
			}
		}
	}
	return after
}

func recordStruct(before, after *Struct) Type {
	fields, changed := slices.Clone(after.Fields), false
	for i, f := range fields {
		old := before.Field(f.Name)
		if old == nil {
			continue
		}
		if t := recordChanges(old.Type, f.Type); t != f.Type {
			f.Type, changed = t, true
		}
		if news := changesOf(old.Type, f.Type, nil); len(news) > 0 {
			f, changed = f.withTypeChanges(news), true
		}
		fields[i] = f
	}
	if !changed {
		return after
	}
	return &Struct{Fields: fields}
}

// withTypeChanges appends to what is recorded, leaving that as it stands.
func (f Field) withTypeChanges(news []TypeChange) Field {
	var all []json.RawMessage
	if json.Unmarshal(f.Metadata[KeyTypeChanges], &all) != nil {
		all = nil
	}
	for _, c := range news {
		raw, _ := json.Marshal(c) // three texts
		all = append(all, raw)
	}
	raw, _ := json.Marshal(all) // JSON each
	return f.With(KeyTypeChanges, raw)
}

// changesOf finds what was widened in a field, through arrays and maps but not into structs, whose
// fields have records of their own.
func changesOf(before, after Type, path []string) []TypeChange {
	at := func(name string) []string { return append(path[:len(path):len(path)], name) }
	switch a := after.(type) {
	case *Struct:
		return nil
	case *Array:
		if b, ok := before.(*Array); ok {
			return changesOf(b.Element, a.Element, at("element"))
		}
		return nil
	case *Map:
		if b, ok := before.(*Map); ok {
			return append(changesOf(b.Key, a.Key, at("key")), changesOf(b.Value, a.Value, at("value"))...)
		}
		return nil
	}
	if !CanWiden(before, after) {
		return nil
	}
	return []TypeChange{{FromType: jsonName(before), ToType: jsonName(after), FieldPath: strings.Join(path, ".")}}
}

// jsonName is a flat type as the schema's JSON has it.
func jsonName(t Type) string {
	if p, ok := t.(Primitive); ok {
		return string(p)
	}
	return t.String()
}
