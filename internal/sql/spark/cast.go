package spark

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// typeRef is a type in the text.
type typeRef struct {
	typ arrow.DataType
	at  int
}

// cast is CAST(e AS to), or TRY_CAST, which is NULL where the other fails.
func (t *translator) cast(e term, to typeRef, try bool) term {
	if t.err != nil {
		return term{typ: void}
	}
	return t.castTo(e, to.typ, try)
}

func (t *translator) castTo(e term, to arrow.DataType, try bool) term {
	to = canonical(to)
	from := e.typ
	switch {
	case t.err != nil:
		return term{typ: void}
	case isVoid(from):
		return e.as(to)
	case same(from, to):
		return e.explicit()
	case isString(from) && e.literal != nil && !try && to.ID() != arrow.BINARY && !isNested(to):
		return t.parsed(e, to).explicit()
	case isNested(from) || isNested(to) || isInterval(from) || isInterval(to) || isVoid(to):
		return t.refuse("a cast of %s to %s", TypeName(from), TypeName(to))
	case isString(to):
		return t.toString(e, try)
	case isString(from):
		return t.fromString(e, to, try)
	case isNumber(to):
		return t.toNumber(e, to, try)
	}
	switch {
	case to.ID() == arrow.BOOL && isNumber(from):
		e = e.explicit()
		return made("("+e.sql+" <> 0)", boolean, e.at, e)
	case isMoment(from) && isMoment(to):
		return e.as(to)
	case to.ID() == arrow.BOOL || to.ID() == arrow.BINARY || isNumber(from):
		return t.refuse("a cast of %s to %s", TypeName(from), TypeName(to))
	}
	return t.wrong(e.at, "%s cannot be cast to %s", TypeName(from), TypeName(to))
}

// where is value where ok holds; where it does not, and arg is not NULL, it fails or, for TRY_CAST, is NULL.
func (t *translator) where(ok, value, message string, arg term, typ arrow.DataType, try bool) term {
	if !t.twice("a cast", arg) {
		return term{typ: void}
	}
	sql := "(CASE WHEN " + ok + " THEN " + value
	if !try {
		sql += " WHEN " + arg.sql + " IS NOT NULL THEN " + failure(message, arg.sql, typ)
	}
	e := made(sql+" END)", typ, arg.at, arg)
	e.fails = e.fails || !try
	return e
}

func unfit(to arrow.DataType) string { return "no " + TypeName(to) + " can be made of " }

func (t *translator) toNumber(e term, to arrow.DataType, try bool) term {
	e = e.explicit()
	from := e.typ
	narrow := func(sql string) term {
		how := "CAST("
		if try {
			how = "TRY_CAST("
		}
		out := made(how+sql+" AS "+duckType(to)+")", to, e.at, e)
		out.fails = out.fails || !try
		return out
	}
	switch {
	case from.ID() == arrow.BOOL:
		return narrow("CAST(" + e.sql + " AS INTEGER)")
	case zoned(from) && to.ID() == arrow.INT64: // the second that has begun
		us := "epoch_us(" + e.sql + ")"
		return made("(("+us+" - ("+us+" % 1000000 + 1000000) % 1000000) // 1000000)", bigint, e.at, e)
	case !isNumber(from):
		return t.refuse("a cast of %s to %s", TypeName(from), TypeName(to))
	case isInteger(to) && isFloating(from), isInteger(to) && isDecimal(from):
		return narrow("trunc(" + e.sql + ")")
	case isDecimal(to) && isFloating(from):
		if from.ID() == arrow.FLOAT32 {
			return t.refuse("a cast of FLOAT to %s", TypeName(to))
		}
		return t.where("isnan("+e.sql+") THEN NULL WHEN isfinite("+e.sql+")", narrow("CAST("+e.sql+" AS VARCHAR)").sql, unfit(to), e, to, try)
	case to.ID() == arrow.FLOAT64:
		return e.to(double)
	case to.ID() == arrow.FLOAT32 && isInteger(from) && from.(arrow.FixedWidthDataType).BitWidth() > 16,
		to.ID() == arrow.FLOAT32 && isDecimal(from):
		return t.refuse("a cast of %s to FLOAT rounds otherwise; cast to DOUBLE", TypeName(from))
	case to.ID() == arrow.FLOAT32 && from.ID() == arrow.FLOAT64:
		return t.where("NOT isfinite("+e.sql+") OR abs("+e.sql+") <= 3.4028234663852886e38", e.as(float).sql, unfit(to), e, to, false)
	}
	return narrow(e.sql)
}

// inCalendar tells that a date or timestamp has a year of four digits.
func inCalendar(sql string) string { return "year(" + sql + ") BETWEEN 1 AND 9999" }

func (t *translator) toString(e term, try bool) term {
	e = e.explicit()
	switch {
	case isDecimal(e.typ) && e.typ.(*arrow.Decimal128Type).Precision == e.typ.(*arrow.Decimal128Type).Scale: // DuckDB has no 0 before its point
		d := e.typ.(*arrow.Decimal128Type)
		if d.Precision == maxDigits {
			return t.refuse("a cast of %s to STRING", TypeName(d))
		}
		return e.as(decimal(d.Precision+1, d.Scale)).as(str)
	case isInteger(e.typ), isDecimal(e.typ), e.typ.ID() == arrow.BOOL:
		return e.as(str)
	case isFloating(e.typ):
		plain := fmt.Sprintf("%[1]s = 0 OR abs(%[1]s) >= 1e-3 AND abs(%[1]s) < 1e7", e.sql)
		named := fmt.Sprintf("WHEN isnan(%[1]s) THEN 'NaN' WHEN isinf(%[1]s) AND %[1]s > 0 THEN 'Infinity' WHEN isinf(%[1]s) THEN '-Infinity'", e.sql)
		return t.where("FALSE THEN NULL "+named+" WHEN "+plain, e.as(str).sql, "it is spelled otherwise: ", e, str, false)
	case e.typ.ID() == arrow.BINARY:
		if try {
			return t.refuse("TRY_CAST of BINARY to STRING")
		}
		return failing(made("decode("+e.sql+")", str, e.at, e))
	case zoned(e.typ):
		return t.where(inCalendar(e.sql), e.as(ntz).as(str).sql, unfit(str), e, str, false)
	case isMoment(e.typ):
		return t.where(inCalendar(e.sql), e.as(str).sql, unfit(str), e, str, false)
	}
	return t.refuse("a cast of %s to STRING", TypeName(e.typ))
}

// fromString casts what is spelled in the usual way; at what is not it fails, as Spark does for most of it. TRY_CAST fails
// at what Spark may read and this does not.
func (t *translator) fromString(e term, to arrow.DataType, try bool) term {
	s := "trim(" + e.sql + ", chr(32) || chr(9) || chr(10) || chr(13))"
	as := "CAST("
	if try {
		as = "TRY_CAST("
	}
	cast := as + s + " AS " + duckType(to) + ")"
	matches := func(pattern string) string { return "regexp_full_match(" + s + ", '" + pattern + "')" }
	perhaps := func(ok, pattern string) string {
		if !try {
			return ok
		}
		return ok + " THEN " + cast + " WHEN " + matches(pattern) + " THEN " + failure(unfit(to), e.sql, to) + " WHEN FALSE"
	}
	switch {
	case isInteger(to):
		return t.where(matches(`[+-]?[0-9]+`), cast, unfit(to), e, to, try)
	case isDecimal(to):
		return failing(t.where(perhaps(matches(`[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)`), `[+-]?[0-9.]+[eE][+-]?[0-9]+`), cast, unfit(to), e, to, try))
	case isFloating(to):
		return failing(t.where(perhaps(matches(`[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`), `(?i)[+-]?(inf|infinity|nan|0x.*|[0-9.]+(e[+-]?[0-9]+)?[df])`), cast, unfit(to), e, to, try))
	case to.ID() == arrow.DATE32:
		return failing(t.where(perhaps(matches(`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}`), `(?s)[+-]?[0-9]{4}.*`), cast, unfit(to), e, to, try))
	case to.ID() == arrow.TIMESTAMP:
		pattern := `[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?)?`
		if zoned(to) {
			pattern = strings.TrimSuffix(pattern, ")?") + `(Z|[+-](0[0-9]|1[0-7]):[0-5][0-9])?)?`
		}
		return failing(t.where(perhaps(matches(pattern), `(?s)T?[+-]?[0-9].*`), cast, unfit(to), e, to, try))
	case to.ID() == arrow.BOOL:
		yes, no := "lower("+s+") IN ('t', 'true', 'y', 'yes', '1')", "lower("+s+") IN ('f', 'false', 'n', 'no', '0')"
		return t.where(yes+" THEN TRUE WHEN "+no, "FALSE", unfit(to), e, to, try)
	case to.ID() == arrow.BINARY:
		return made("encode("+e.sql+")", binary, e.at, e)
	}
	return t.refuse("a cast of STRING to %s", TypeName(to))
}

// assign casts as Spark does where a value goes to a column.
func (t *translator) assign(e term, to arrow.DataType) term {
	from := e.typ
	plain := canonical(to)
	allowed := isVoid(from) || same(from, to) || isNumber(from) && isNumber(plain) || isMoment(from) && isMoment(plain) ||
		isString(plain) && !isNested(from) && from.ID() != arrow.BINARY
	switch {
	case t.err != nil:
		return e
	case isNested(plain) && isNested(from) && from.ID() == plain.ID() && !same(from, to):
		return t.assignNested(e, plain)
	case !allowed && !isNested(from) && !isNested(plain):
		return t.wrong(0, "%s cannot be assigned to a column of %s; write CAST(... AS %[2]s)", TypeName(from), TypeName(to))
	case !allowed:
		return t.wrong(0, "%s cannot be assigned to a column of %s", TypeName(from), TypeName(to))
	case same(from, to):
		return t.sameAssigned(e)
	case isNested(plain):
		return e.as(plain)
	}
	return t.castTo(e, plain, false)
}

// sameAssigned keeps the path of a column that needs no cast.
func (t *translator) sameAssigned(e term) term {
	path := e.path
	e = e.explicit()
	e.path = path
	return e
}

// assignNested assigns the parts of a struct, list or map.
func (t *translator) assignNested(e term, to arrow.DataType) term {
	if !t.twice("a nested value", e) {
		return term{typ: void}
	}
	t.depth++
	defer func() { t.depth-- }()
	part := func(sql string, from, to arrow.DataType) string {
		return t.assign(term{sql: sql, typ: canonical(from), at: e.at}, to).sql
	}
	v := fmt.Sprintf("v%d", t.depth)
	var sql string
	switch to := to.(type) {
	case *arrow.StructType:
		from := e.typ.(*arrow.StructType)
		if from.NumFields() != to.NumFields() {
			return t.wrong(0, "%s has not as many fields as %s", TypeName(from), TypeName(to))
		}
		fields := make([]string, to.NumFields())
		for i, f := range to.Fields() {
			own, ok := named(from.Fields(), f.Name)
			if !ok {
				return t.wrong(0, "%s has no field %s, as %s has", TypeName(from), f.Name, TypeName(to))
			}
			fields[i] = ident(f.Name) + " := " + part("struct_extract("+e.sql+", "+quote(own.Name)+")", own.Type, f.Type)
		}
		sql = "(CASE WHEN " + e.sql + " IS NOT NULL THEN struct_pack(" + strings.Join(fields, ", ") + ") END)"
	case *arrow.ListType:
		sql = "list_transform(" + e.sql + ", lambda " + v + ": " + part(v, e.typ.(*arrow.ListType).Elem(), to.Elem()) + ")"
	case *arrow.MapType:
		from := e.typ.(*arrow.MapType)
		sql = "map_from_entries(list_transform(map_entries(" + e.sql + "), lambda " + v + ": struct_pack(k := " +
			part(v+".key", from.KeyType(), to.KeyType()) + ", v := " + part(v+".value", from.ItemType(), to.ItemType()) + ")))"
	}
	out := made(sql, to, e.at, e)
	out.fails = true
	return out
}
