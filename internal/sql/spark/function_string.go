package spark

import "github.com/apache/arrow-go/v18/arrow"

// otherLetters are those that have no single capital or small letter in full Unicode, or depend on what is beside them.
const otherLetters = `[ßŉǰΐΰΣσςİıևẖ-ẞὐὒὔὖᾀ-ᾯᾲ-ᾴᾶ-ᾼῂ-ῄῆ-ῌῒΐῖῗῢ-ῤῦῧῲ-ῴῶ-ῼﬀ-ﬆﬓ-ﬗ]`

// letters is upper or lower. Letters beyond Unicode's first plane differ by the version of Unicode.
func letters(c *call) term {
	e := c.str(0)
	return c.where("NOT regexp_matches("+e.sql+", '"+otherLetters+`|[\x{10000}-\x{10FFFF}]`+"')", map[string]string{"u": "upper(", "l": "lower("}[c.name[:1]]+e.sql+")",
		c.name+"() differs for ", e, str, false)
}

func lengthOf(c *call) term {
	if c.args[0].typ.ID() == arrow.BINARY {
		return c.of("CAST(octet_length($1) AS INTEGER)", integer, c.args[0])
	}
	return c.of("CAST(length($1) AS INTEGER)", integer, c.str(0))
}

// substring counts from 1, where 0 is 1 too, and from the end with a negative number.
func substring(c *call) term {
	if c.args[0].typ.ID() == arrow.BINARY {
		return c.refuse("%s() of BINARY", c.name)
	}
	from := c.int(1)
	from.sql = "(CASE WHEN " + from.sql + " = 0 THEN 1 ELSE " + from.sql + " END)"
	if len(c.args) == 2 {
		return c.of("substring($1, $2)", str, c.str(0), from)
	}
	if !c.twice(c.name+"()", c.args[0]) {
		return term{typ: void}
	}
	const before = "CAST(length($1) AS BIGINT) + $2 + $3 <= 0" // all of it is before the text
	return c.of("(CASE WHEN $2 < 0 AND "+before+" THEN '' ELSE substring($1, $2, $3) END)", str, c.str(0), from, c.natural(2))
}

func concatAll(c *call) term {
	if len(c.args) == 0 {
		return stringLiteral("", c.at)
	}
	e := c.args[0]
	if e.typ.ID() == arrow.LIST && c.err == nil {
		return concatArrays(c)
	}
	if isNested(e.typ) {
		return c.refuse("concat() of %s", TypeName(e.typ))
	}
	if len(c.args) == 1 {
		return c.str(0)
	}
	for _, next := range c.args[1:] {
		e = c.concat(e, next, c.at)
	}
	return e
}

// fixed is a function over strings alone by DuckDB's own text.
func fixed(template string, n int, typ arrow.DataType) function {
	return function{n, n, func(c *call) term {
		args := make([]term, n)
		for i := range args {
			args[i] = c.str(i)
		}
		return c.of(template, typ, args...)
	}}
}

// padded is lpad or rpad; Spark pads with a space where nothing is said.
func padded(c *call) term {
	if c.args[0].typ.ID() == arrow.BINARY {
		return c.refuse("%s() of BINARY", c.name)
	}
	pad := stringLiteral(" ", c.at)
	if len(c.args) == 3 {
		if pad = c.args[2]; c.constant(2) == "" {
			return c.refuse("%s() with nothing to pad with", c.name)
		}
	}
	return c.of(c.name+"($1, $2, $3)", str, c.str(0), c.natural(1), pad)
}

var stringFunctions = map[string]function{
	"upper": {1, 1, letters}, "ucase": {1, 1, letters}, "lower": {1, 1, letters}, "lcase": {1, 1, letters},
	"length": {1, 1, lengthOf}, "len": {1, 1, lengthOf}, "char_length": {1, 1, lengthOf}, "character_length": {1, 1, lengthOf},
	"substring": {2, 3, substring}, "substr": {2, 3, substring},
	"left":   {2, 2, func(c *call) term { return c.of("substring($1, 1, $2)", str, c.str(0), c.natural(1)) }},
	"right":  {2, 2, func(c *call) term { return c.of("right($1, $2)", str, c.str(0), c.natural(1)) }},
	"concat": {0, -1, concatAll},
	"concat_ws": {1, -1, func(c *call) term {
		args := make([]term, len(c.args))
		for i := range args {
			args[i] = c.str(i)
		}
		return made("concat_ws("+joined(args)+")", str, c.at, args...)
	}},
	"trim": fixed("trim($1, ' ')", 1, str), "ltrim": fixed("ltrim($1, ' ')", 1, str), "rtrim": fixed("rtrim($1, ' ')", 1, str),
	"replace":    fixed("(CASE WHEN $2 = '' AND $3 IS NOT NULL THEN $1 ELSE replace($1, $2, $3) END)", 3, str),
	"startswith": fixed("starts_with($1, $2)", 2, boolean), "endswith": fixed("ends_with($1, $2)", 2, boolean), "contains": fixed("contains($1, $2)", 2, boolean),
	"instr":    fixed("CAST(instr($1, $2) AS INTEGER)", 2, integer),
	"locate":   fixed("CAST(instr($2, $1) AS INTEGER)", 2, integer),
	"position": fixed("CAST(instr($2, $1) AS INTEGER)", 2, integer),
	"lpad":     {2, 3, padded}, "rpad": {2, 3, padded},
	"repeat": {2, 2, func(c *call) term { return c.of("repeat($1, $2)", str, c.str(0), c.natural(1)) }},
	"md5":    {1, 1, digest("md5($1)")}, "sha1": {1, 1, digest("sha1($1)")}, "sha": {1, 1, digest("sha1($1)")},
	"sha2": {2, 2, func(c *call) term {
		if bits := c.args[1].literal; bits == nil || *bits != "256" && *bits != "0" {
			return c.refuse("sha2() with other than 256 bits")
		}
		return digest("sha256($1)")(c)
	}},
	"hex": {1, 1, func(c *call) term {
		e := c.args[0]
		switch {
		case isInteger(e.typ):
			return c.of("hex($1)", str, e.to(bigint))
		case isString(e.typ) || e.typ.ID() == arrow.BINARY:
			return c.of("hex($1)", str, e)
		}
		return c.refuse("hex() of %s", TypeName(e.typ))
	}},
	"rlike": {2, 2, func(c *call) term { return c.rlike(c.args[0], c.args[1]) }}, "regexp_like": {2, 2, func(c *call) term { return c.rlike(c.args[0], c.args[1]) }},
}

// natural is an argument that counts, where what is below zero is zero.
func (c *call) natural(i int) term {
	e := c.int(i)
	c.twice(c.name+"()", e)
	e.sql = "(CASE WHEN " + e.sql + " < 0 THEN 0 ELSE " + e.sql + " END)"
	return e
}

func digest(template string) func(c *call) term {
	return func(c *call) term {
		e := c.args[0]
		if e.typ.ID() != arrow.BINARY {
			e = c.str(0)
		}
		return c.of(template, str, e)
	}
}
