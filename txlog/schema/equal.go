package schema

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Equal says whether two types are the same in every respect: order, exact names, nullability and
// metadata (compared as JSON text without white space).
func Equal(a, b Type) bool { return equal(a, b, false) }

// SameType says whether two types are the same but for nullability and metadata. Names are
// compared without regard to case, as Spark does.
func SameType(a, b Type) bool { return equal(a, b, true) }

func equal(a, b Type, loose bool) bool {
	switch a := a.(type) {
	case *Struct:
		b, ok := b.(*Struct)
		if !ok || len(a.Fields) != len(b.Fields) {
			return false
		}
		for i := range a.Fields {
			if !equalField(a.Fields[i], b.Fields[i], loose) {
				return false
			}
		}
		return true
	case *Array:
		b, ok := b.(*Array)
		return ok && (loose || a.ContainsNull == b.ContainsNull) && equal(a.Element, b.Element, loose)
	case *Map:
		b, ok := b.(*Map)
		return ok && (loose || a.ValueContainsNull == b.ValueContainsNull) &&
			equal(a.Key, b.Key, loose) && equal(a.Value, b.Value, loose)
	}
	return a == b
}

func equalField(a, b Field, loose bool) bool {
	if loose {
		return Fold(a.Name) == Fold(b.Name) && equal(a.Type, b.Type, true)
	}
	return a.Name == b.Name && a.Nullable == b.Nullable && equal(a.Type, b.Type, false) &&
		maps.EqualFunc(a.Metadata, b.Metadata, func(x, y json.RawMessage) bool {
			return bytes.Equal(compact(x), compact(y))
		})
}

// compact is raw without white space; text that is not JSON stands as a JSON null.
func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Len() == 0 {
		return []byte("null")
	}
	return b.Bytes()
}
