package schema

import (
	"encoding/json"
	"strconv"

	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

// Keys of field metadata that say where the values of a column come from, and what they must be
// ("Column Invariants", "Generated Columns", "Identity Columns", "Default Columns" of the protocol).
const (
	KeyInvariants        = "delta.invariants"
	KeyGeneration        = "delta.generationExpression"
	KeyDefault           = "CURRENT_DEFAULT"
	KeyIdentityStart     = "delta.identity.start"
	KeyIdentityStep      = "delta.identity.step"
	KeyIdentityHighWater = "delta.identity.highWaterMark"
	KeyIdentityExplicit  = "delta.identity.allowExplicitInsert"
)

// Identity is how the values of an identity column are made.
type Identity struct {
	Start, Step   int64
	HighWater     *int64 // the last value given; nil before the first
	AllowExplicit bool   // rows may bring values of their own
}

// Generation is the SQL expression of a generated column, and whether it is one.
func (f *Field) Generation() (string, bool) { return f.text(KeyGeneration) }

// Default is the SQL expression of the column's default, and whether it has one.
func (f *Field) Default() (string, bool) { return f.text(KeyDefault) }

// Invariant is the SQL expression that the column's values must make true, and whether it has one.
// The metadata hold it as JSON within a text: {"expression": {"expression": "a > 0"}}.
func (f *Field) Invariant() (string, bool) {
	text, ok := f.text(KeyInvariants)
	if !ok {
		return "", false
	}
	var rule struct {
		Expression struct {
			Expression string `json:"expression"`
		} `json:"expression"`
	}
	if json.Unmarshal([]byte(text), &rule) != nil || rule.Expression.Expression == "" {
		return text, true // what cannot be read is no rule to pass over
	}
	return rule.Expression.Expression, true
}

// Identity says whether the column is an identity column, and how its values are made.
func (f *Field) Identity() (Identity, bool) {
	id := Identity{Start: 1, Step: 1}
	start, hasStart := f.number(KeyIdentityStart)
	step, hasStep := f.number(KeyIdentityStep)
	if !hasStart && !hasStep {
		return Identity{}, false
	}
	if hasStart {
		id.Start = start
	}
	if hasStep {
		id.Step = step
	}
	if high, ok := f.number(KeyIdentityHighWater); ok {
		id.HighWater = &high
	}
	if raw, ok := f.Metadata[KeyIdentityExplicit]; ok {
		_ = json.Unmarshal(raw, &id.AllowExplicit) // what is no boolean does not allow
	}
	return id, true
}

// AsIdentity is the field as an identity column.
func (f Field) AsIdentity(id Identity) Field {
	f = f.withNumber(KeyIdentityStart, id.Start).withNumber(KeyIdentityStep, id.Step)
	f = f.With(KeyIdentityExplicit, strconv.AppendBool(nil, id.AllowExplicit))
	if id.HighWater != nil {
		f = f.withNumber(KeyIdentityHighWater, *id.HighWater)
	}
	return f
}

func (f Field) withNumber(key string, n int64) Field {
	return f.With(key, strconv.AppendInt(nil, n, 10))
}

// WithText is the field with a text in its metadata; f stays as it is.
func (f Field) WithText(key, text string) Field { return f.With(key, jsonenc.AppendString(nil, text)) }

func (f *Field) text(key string) (string, bool) {
	var s string
	raw, ok := f.Metadata[key]
	if !ok || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

func (f *Field) number(key string) (int64, bool) {
	var n int64
	raw, ok := f.Metadata[key]
	if !ok || json.Unmarshal(raw, &n) != nil {
		return 0, false
	}
	return n, true
}

// computed says whether the column has a default or is generated.
func computed(f *Field) bool {
	_, generated := f.Generation()
	_, identity := f.Identity()
	_, defaulted := f.Default()
	return generated || identity || defaulted
}
