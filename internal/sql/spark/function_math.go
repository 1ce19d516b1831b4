package spark

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// rounded is ceil or floor with one argument.
func rounded(c *call) term {
	name := map[string]string{"ceil": "ceil", "ceiling": "ceil", "floor": "floor"}[c.name]
	e := c.numberOf(0)
	switch {
	case isInteger(e.typ):
		return e.as(bigint)
	case isDecimal(e.typ):
		d := e.typ.(*arrow.Decimal128Type)
		if d.Scale == 0 {
			return e
		}
		typ := decimal(min(d.Precision-d.Scale+1, maxDigits), 0)
		return c.of(name+"($1)", typ, e).as(typ)
	}
	return failing(c.of(name+"($1)", double, e)).as(bigint)
}

// round rounds half up, away from zero, to a number of digits that stands in the text.
func round(c *call) term {
	digits := int64(0)
	if len(c.args) == 2 {
		var err error
		if lit := c.args[1].literal; lit == nil || c.args[1].typ.ID() != arrow.INT32 {
			return c.refuse("round() to a number of digits that does not stand in the text")
		} else if digits, err = strconv.ParseInt(*lit, 10, 32); err != nil || digits < 0 || digits > maxDigits {
			return c.refuse("round() to %s digits", *lit)
		}
	}
	e := c.numberOf(0)
	switch {
	case isInteger(e.typ):
		return e
	case e.typ.ID() == arrow.FLOAT32:
		return c.refuse("round() of FLOAT rounds its decimal digits; cast to DECIMAL")
	case isFloating(e.typ):
		return c.roundDouble(e, digits)
	}
	d := e.typ.(*arrow.Decimal128Type)
	scale := min(d.Scale, int32(digits))
	typ := decimal(min(d.Precision-d.Scale+1+scale, maxDigits), scale)
	return failing(e).as(typ)
}

// roundDouble rounds the decimal digits with which a DOUBLE is spelled. From 2^52 on all are whole, or no numbers.
func (c *call) roundDouble(e term, digits int64) term {
	const whole = 16 // digits of 2^52
	if digits+whole > maxDigits {
		return c.refuse("round() to %d digits", digits)
	}
	rounded := e.as(str).as(decimal(int32(digits)+whole, int32(digits))).as(str).as(double)
	return c.of("(CASE WHEN abs($1) < 4503599627370496 THEN $2 ELSE $1 END)", double, e, rounded)
}

// pmod is the remainder that is never negative.
func pmod(c *call) term {
	l, r := c.args[0], c.args[1]
	if !isInteger(l.typ) || !isInteger(r.typ) {
		return c.refuse("pmod() of other than integers")
	}
	typ, _ := common(l.typ, r.typ)
	l, r = l.to(bigint), r.to(bigint)
	m := "(" + l.sql + " % " + r.sql + ")"
	return c.nonZero("(CASE WHEN "+m+" < 0 THEN ("+m+" + "+r.sql+") % "+r.sql+" ELSE "+m+" END)", bigint, c.at, l, r).as(typ)
}

var mathFunctions = map[string]function{
	"abs": {1, 1, func(c *call) term {
		e := c.numberOf(0)
		return failing(c.of("abs($1)", e.typ, e))
	}},
	"ceil": {1, 1, rounded}, "ceiling": {1, 1, rounded}, "floor": {1, 1, rounded}, "round": {1, 2, round},
	"mod": {2, 2, func(c *call) term { return c.remainder(c.at, c.args[0], c.args[1]) }}, "pmod": {2, 2, pmod},
	"negative": {1, 1, func(c *call) term { return c.unary("-", c.at, c.args[0]) }},
	"sqrt": {1, 1, func(c *call) term {
		e := c.numberOf(0).to(double)
		return c.of("(CASE WHEN $1 < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt($1) END)", double, e)
	}},
	"sign": {1, 1, func(c *call) term {
		e := c.numberOf(0)
		if !isInteger(e.typ) {
			return c.refuse("sign() of %s", TypeName(e.typ))
		}
		return c.of("CAST(sign($1) AS DOUBLE)", double, e)
	}},
}

var nestedFunctions = map[string]function{
	"named_struct": {2, -1, namedStruct}, "struct": {1, -1, structOf}, "array": {1, -1, arrayOf}, "map": {2, -1, mapOf},
	"size": {1, 1, size}, "cardinality": {1, 1, size},
	"array_contains": {2, 2, func(c *call) term {
		list, ok := c.args[0].typ.(*arrow.ListType)
		if !ok {
			return c.wrong(c.at, "array_contains() wants an array, not %s", TypeName(c.args[0].typ))
		}
		typ, ok := common(list.Elem(), c.args[1].typ)
		if !ok || !same(typ, list.Elem()) || isNested(typ) {
			return c.refuse("array_contains() of %s in %s", TypeName(c.args[1].typ), TypeName(c.args[0].typ))
		}
		x := c.args[1].to(typ)
		sql := "(CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN list_contains($1, $2) THEN TRUE WHEN len(list_filter($1, lambda v: v IS NULL)) > 0 THEN NULL ELSE FALSE END)"
		return c.of(sql, boolean, c.args[0], x)
	}},
}

func namedStruct(c *call) term {
	if len(c.args)%2 == 1 {
		return c.wrong(c.at, "named_struct() wants names and values by turns")
	}
	var names []string
	var values []term
	for i := 0; i < len(c.args); i += 2 {
		names, values = append(names, c.constant(i)), append(values, c.args[i+1])
	}
	return c.pack(names, values)
}

func structOf(c *call) term {
	var names []string
	for i, a := range c.args {
		if a.path == nil {
			names = append(names, "col"+strconv.Itoa(i+1))
			continue
		}
		names = append(names, a.alias)
	}
	return c.pack(names, c.args)
}

func (c *call) pack(names []string, values []term) term {
	seen := map[string]bool{}
	var fields []arrow.Field
	var parts []string
	for i, v := range values {
		if lower := strings.ToLower(names[i]); seen[lower] || lower == "" {
			return c.refuse("a struct with field %q twice or without a name", names[i])
		}
		seen[strings.ToLower(names[i])] = true
		v = v.explicit()
		fields = append(fields, arrow.Field{Name: names[i], Type: v.typ, Nullable: true})
		parts = append(parts, ident(names[i])+" := "+v.sql)
	}
	return made("struct_pack("+strings.Join(parts, ", ")+")", arrow.StructOf(fields...), c.at, values...)
}

func arrayOf(c *call) term {
	args, typ := c.unite(c.at, c.args)
	return made("list_value("+joined(args)+")", arrow.ListOf(typ), c.at, args...)
}

func mapOf(c *call) term {
	var keys, values []term
	for i := 0; i+1 < len(c.args); i += 2 {
		keys, values = append(keys, c.args[i]), append(values, c.args[i+1])
	}
	if len(c.args)%2 == 1 {
		return c.wrong(c.at, "map() wants keys and values by turns")
	}
	keys, k := c.unite(c.at, keys)
	values, v := c.unite(c.at, values)
	if c.err != nil {
		return term{typ: void}
	}
	return failing(made("MAP {"+pairs(keys, values)+"}", arrow.MapOf(k, v), c.at, append(keys, values...)...))
}

func pairs(keys, values []term) string {
	list := make([]string, len(keys))
	for i := range keys {
		list[i] = keys[i].sql + ": " + values[i].sql
	}
	return strings.Join(list, ", ")
}

func size(c *call) term {
	switch c.args[0].typ.ID() {
	case arrow.LIST:
		return c.of("CAST(len($1) AS INTEGER)", integer, c.args[0])
	case arrow.MAP:
		return c.of("CAST(cardinality($1) AS INTEGER)", integer, c.args[0])
	}
	return c.wrong(c.at, "size() wants an array or a map, not %s", TypeName(c.args[0].typ))
}
