package spark

import (
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
)

// as casts, where the value is the same in both dialects.
func (e term) as(to arrow.DataType) term {
	return term{sql: "CAST(" + e.sql + " AS " + duckType(to) + ")", typ: to, at: e.at, volatile: e.volatile, fails: e.fails}
}

// explicit makes the type of a number in the text one that DuckDB sees.
func (e term) explicit() term {
	if e.literal != nil && (isInteger(e.typ) || isDecimal(e.typ)) || isVoid(e.typ) {
		return e.as(e.typ)
	}
	return e
}

// to widens to a type that holds all values of e's, as common finds it.
func (e term) to(typ arrow.DataType) term {
	switch {
	case same(e.typ, typ):
		return e.explicit()
	case typ.ID() == arrow.FLOAT64 && e.literal != nil && isNumber(e.typ):
		f, _ := strconv.ParseFloat(*e.literal, 64) // of digits, within range
		return doubleLiteral(f, e.at)
	case typ.ID() == arrow.FLOAT64 && isDecimal(e.typ) && e.typ.(*arrow.Decimal128Type).Precision > 15:
		return e.as(str).as(double) // rounded once
	}
	return e.as(typ)
}

// common is the type to which Spark widens two; ok is false where there is none, or one that loses digits.
func common(a, b arrow.DataType) (arrow.DataType, bool) {
	switch {
	case isVoid(a), same(a, b):
		return b, true
	case isVoid(b):
		return a, true
	case isNumber(a) && isNumber(b):
		return commonNumber(a, b)
	case isMoment(a) && isMoment(b):
		if zoned(a) || zoned(b) {
			return timestamp, true
		}
		return ntz, true
	}
	return nil, false
}

func commonNumber(a, b arrow.DataType) (arrow.DataType, bool) {
	if isFloating(a) || isFloating(b) {
		return double, true // a FLOAT and anything else too
	}
	if isInteger(a) && isInteger(b) {
		if a.(arrow.FixedWidthDataType).BitWidth() < b.(arrow.FixedWidthDataType).BitWidth() {
			return b, true
		}
		return a, true
	}
	w1, s1, _ := exact(a)
	w2, s2, _ := exact(b)
	if max(w1, w2)+max(s1, s2) > maxDigits {
		return nil, false
	}
	return decimal(max(w1, w2)+max(s1, s2), max(s1, s2)), true
}

// commonOf is common over several terms.
func commonOf(terms []term) (arrow.DataType, bool) {
	typ := void
	for _, e := range terms {
		var ok bool
		if typ, ok = common(typ, e.typ); !ok {
			return nil, false
		}
	}
	return typ, true
}

// unite widens all terms to one type, for CASE, COALESCE and the like.
func (t *translator) unite(at int, terms []term) ([]term, arrow.DataType) {
	typ, ok := commonOf(terms)
	if !ok {
		t.mismatch(at, terms)
		return terms, void
	}
	out := make([]term, len(terms))
	for i, e := range terms {
		out[i] = e.to(typ)
	}
	return out, typ
}

func (t *translator) mismatch(at int, terms []term) term {
	for _, e := range terms[1:] {
		if _, ok := common(terms[0].typ, e.typ); !ok {
			if isNumber(e.typ) && isNumber(terms[0].typ) || isString(e.typ) != isString(terms[0].typ) {
				return t.refuse("%s and %s together; cast one to the type of the other", TypeName(terms[0].typ), TypeName(e.typ))
			}
			return t.wrong(at, "%s and %s do not go together", TypeName(terms[0].typ), TypeName(e.typ))
		}
	}
	return t.refuse("values of too many types; cast them to one")
}

// comparable makes terms such that DuckDB compares them as Spark does. Columns stay as they are where they can, so that
// files may be skipped by them.
func (t *translator) comparable(at int, terms []term) []term {
	terms = t.readStrings(terms)
	typ, ok := commonOf(terms)
	switch {
	case t.err != nil:
		return terms
	case !ok:
		t.mismatch(at, terms)
		return terms
	case isNested(typ) || isInterval(typ):
		t.refuse("a comparison of %s", TypeName(typ))
		return terms
	}
	_, _, isExact := exact(typ)
	floats, others := false, false
	for _, e := range terms {
		floats = floats || e.typ.ID() == arrow.FLOAT32
		others = others || e.typ.ID() != arrow.FLOAT32 && e.literal == nil
	}
	out := make([]term, len(terms))
	for i, e := range terms {
		switch {
		case isExact || isVoid(e.typ):
			out[i] = e
		case typ.ID() == arrow.FLOAT64 && e.literal == nil && !isDecimal(e.typ) && !(floats && others):
			out[i] = e // INT, FLOAT and DOUBLE become DOUBLE in DuckDB too
		default:
			out[i] = e.to(typ)
		}
	}
	return out
}

// castStrings casts strings of a comparison of two to what they are compared with, as Spark does: the side of a whole number
// to BIGINT, that of any other number to DOUBLE.
func (t *translator) castStrings(terms []term) []term {
	other := void
	for _, e := range terms {
		if !isString(e.typ) {
			other = e.typ
		}
	}
	switch {
	case isInteger(other):
		other = bigint
	case isNumber(other):
		other = double
	case isVoid(other) || isNested(other) || isInterval(other):
		return terms
	}
	out := slices.Clone(terms)
	for i, e := range terms {
		if isString(e.typ) && e.literal == nil {
			out[i] = t.castTo(e, other, false)
		}
	}
	return out
}

// readStrings reads those strings in the text that are compared with something else, as Spark does.
func (t *translator) readStrings(terms []term) []term {
	other := void
	for _, e := range terms {
		if !isString(e.typ) && !isVoid(e.typ) {
			other = e.typ
			break
		}
	}
	if isVoid(other) {
		return terms
	}
	if isInteger(other) {
		other = bigint
	}
	out := make([]term, len(terms))
	for i, e := range terms {
		if isString(e.typ) && e.literal != nil && !isDecimal(other) && !isNested(other) && other.ID() != arrow.BINARY {
			if other.ID() == arrow.FLOAT32 {
				other = double
			}
			e = t.parsed(e, other)
		}
		out[i] = e
	}
	return out
}
