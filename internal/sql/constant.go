package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/predicate"
)

// Types of DuckDB's, as typeof spells them.
var (
	integerTypes  = []string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "INTEGER_LITERAL"}
	microseconds  = []string{"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"}
	withTimeZone  = "TIMESTAMP WITH TIME ZONE"
	stringLiteral = "" // a quoted constant, which takes the type of what it is compared with
)

// value evaluates e, as it is compared with a column of type t, in the type in which DuckDB
// compares them. ok is false where that is not certain or e is no constant.
func (p *pruner) value(ctx context.Context, t arrow.DataType, e node) (v predicate.Value, null, ok bool) {
	if !p.isConstant(ctx, e) {
		return v, false, false
	}
	if v, ok := plainConstant(t, e); ok {
		return v, false, true
	}
	text, err := p.session.unparse(ctx, withDoubles(e))
	if err != nil {
		return v, false, false
	}
	from, err := p.session.scalar(ctx, "SELECT CASE WHEN ("+text+") IS NOT NULL THEN typeof("+text+") END")
	if err != nil {
		return v, false, false
	}
	if from == "" {
		return v, true, true
	}
	if e.text("class") == "CONSTANT" && from == "VARCHAR" {
		from = stringLiteral
	}
	to := p.comparedAs(t, from)
	if to == "" {
		return v, false, false
	}
	for rec, err := range p.session.Query(ctx, "SELECT CAST(("+text+") AS "+to+")") {
		if err != nil {
			return v, false, false
		}
		v, ok = valueOf(rec.Column(0), 0)
		rec.Release()
	}
	if f, isFloat := v.Double(); isFloat && t.ID() == arrow.FLOAT32 && from != "DOUBLE" && float64(float32(f)) != f {
		return v, false, false // DuckDB may compare as floats, where it is another value
	}
	return v, false, ok
}

// withDoubles casts the doubles in e: written as text, 3e0 becomes 3.0, which is a decimal.
func withDoubles(e node) node {
	if e.text("class") == "CONSTANT" && e.child("value").child("type").text("id") == "DOUBLE" {
		return node{"class": "CAST", "type": "OPERATOR_CAST", "alias": "", "child": map[string]any(e), "cast_type": map[string]any{"id": "DOUBLE", "type_info": nil}, "try_cast": false}
	}
	out := maps.Clone(e)
	for key, v := range e {
		switch v := v.(type) {
		case map[string]any:
			out[key] = map[string]any(withDoubles(v))
		case []any:
			list := slices.Clone(v)
			for i := range list {
				if c, ok := list[i].(map[string]any); ok {
					list[i] = map[string]any(withDoubles(c))
				}
			}
			out[key] = list
		}
	}
	return out
}

// comparedAs is the type to which a constant of type from goes when it is compared with a column
// of type t; "" where it is not certain.
func (p *pruner) comparedAs(t arrow.DataType, from string) string {
	quoted := from == stringLiteral
	same := func(to string) string {
		if quoted || from == to {
			return to
		}
		return ""
	}
	switch t.ID() {
	case arrow.BOOL:
		return same("BOOLEAN")
	case arrow.STRING:
		return same("VARCHAR")
	case arrow.BINARY:
		return same("BLOB")
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		switch {
		case quoted:
			return map[arrow.Type]string{arrow.INT8: "TINYINT", arrow.INT16: "SMALLINT", arrow.INT32: "INTEGER", arrow.INT64: "BIGINT"}[t.ID()]
		case from == "DOUBLE":
			return from
		}
		return exactly(from, longDigits, 0)
	case arrow.FLOAT32, arrow.FLOAT64:
		if quoted || from == "DOUBLE" || from == "FLOAT" || isExact(from) {
			return "DOUBLE"
		}
	case arrow.DECIMAL128:
		d := t.(*arrow.Decimal128Type)
		return exactly(from, int(d.Precision-d.Scale), int(d.Scale))
	case arrow.DATE32:
		if slices.Contains(microseconds, from) {
			return "TIMESTAMP"
		}
		return same("DATE")
	case arrow.TIMESTAMP:
		zoned := t.(*arrow.TimestampType).TimeZone != ""
		switch {
		case zoned && (from == withTimeZone || from == "DATE" || slices.Contains(microseconds, from) || quoted):
			return "TIMESTAMPTZ"
		case !zoned && (from == "DATE" || slices.Contains(microseconds, from) || quoted):
			return "TIMESTAMP"
		}
	}
	return ""
}

// longDigits is how many digits the longest BIGINT has.
const longDigits = 19

func isExact(t string) bool {
	return slices.Contains(integerTypes, t) || strings.HasPrefix(t, "DECIMAL")
}

// exactly gives the type for a constant of type from compared with a column of so many digits before and
// after the point, if one decimal holds both: beyond 38 digits DuckDB rounds.
func exactly(from string, whole, fraction int) string {
	if slices.Contains(integerTypes, from) {
		if max(whole, longDigits)+fraction > 38 || fraction > 0 && strings.Contains(from, "HUGE") {
			return ""
		}
		return "DECIMAL(38, 0)"
	}
	var width, scale int
	if n, err := fmt.Sscanf(from, "DECIMAL(%d,%d)", &width, &scale); n != 2 || err != nil {
		return ""
	}
	if max(whole, width-scale)+max(fraction, scale) > 38 {
		return ""
	}
	return from
}

// plainConstant reads the commonest constants without asking DuckDB.
func plainConstant(t arrow.DataType, e node) (v predicate.Value, ok bool) {
	if e.text("class") != "CONSTANT" {
		return v, false
	}
	c := e.child("value")
	switch x := c["value"].(type) {
	case string:
		if t.ID() == arrow.STRING && c.child("type").text("id") == "VARCHAR" {
			return predicate.String(x), true
		}
	case json.Number:
		id := c.child("type").text("id")
		n, err := x.Int64()
		if err != nil || id != "INTEGER" && id != "BIGINT" {
			return v, false
		}
		switch t.ID() {
		case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
			return predicate.Int(n), true
		}
	}
	return v, false
}

// isConstant tells that e has the same value in every query.
func (p *pruner) isConstant(ctx context.Context, e node) bool {
	if p.session.db.loadFunctions(ctx, p.session) != nil {
		return false
	}
	constant := true
	e.walk(func(n node) bool {
		switch n.text("class") {
		case "COLUMN_REF", "SUBQUERY", "PARAMETER", "WINDOW", "STAR", "LAMBDA", "POSITIONAL_REFERENCE", "DEFAULT", "LAMBDA_REF":
			constant = false
		case "FUNCTION":
			f := strings.ToLower(n.text("function_name"))
			if fs := p.session.db.functions; !fs.perRow[f] || fs.changing[f] {
				constant = false
			}
		}
		return constant
	})
	return constant && e != nil
}

// constant evaluates a predicate without columns.
func (p *pruner) constant(ctx context.Context, e node) predicate.Expr {
	v, null, ok := p.value(ctx, arrow.FixedWidthTypes.Boolean, e)
	switch {
	case null:
		return predicate.Null
	case !ok:
		return predicate.Unknown{}
	}
	if o, _ := predicate.Compare(v, predicate.Bool(true)); o == 0 {
		return predicate.True
	}
	return predicate.False
}

// valueOf makes a predicate's value of an Arrow one; ok is false where there is none for its type.
func valueOf(a arrow.Array, i int) (v predicate.Value, ok bool) {
	if a.Len() <= i || a.IsNull(i) {
		return v, false
	}
	switch a := a.(type) {
	case *array.Boolean:
		return predicate.Bool(a.Value(i)), true
	case *array.Int8:
		return predicate.Int(int64(a.Value(i))), true
	case *array.Int16:
		return predicate.Int(int64(a.Value(i))), true
	case *array.Int32:
		return predicate.Int(int64(a.Value(i))), true
	case *array.Int64:
		return predicate.Int(a.Value(i)), true
	case *array.Float64:
		return predicate.Float(a.Value(i)), true
	case *array.String:
		return predicate.String(strings.Clone(a.Value(i))), true
	case *array.Binary:
		return predicate.Binary(a.Value(i)), true
	case *array.Date32:
		return predicate.Date(int32(a.Value(i))), true
	case *array.Timestamp:
		if a.DataType().(*arrow.TimestampType).TimeZone != "" {
			return predicate.Timestamp(int64(a.Value(i))), true
		}
		return predicate.TimestampNTZ(int64(a.Value(i))), true
	case *array.Decimal128:
		scale := int(a.DataType().(*arrow.Decimal128Type).Scale)
		n := a.Value(i)
		if big := n.BigInt(); scale == 0 && big.IsInt64() {
			return predicate.Int(big.Int64()), true
		}
		return predicate.Decimal(new(big.Int).Set(n.BigInt()), scale), true
	}
	return v, false
}
