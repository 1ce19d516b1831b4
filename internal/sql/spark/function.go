package spark

import (
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/suggest"
)

// call is a use of a function.
type call struct {
	*translator
	name string
	at   int
	args []term
}

// function is one that this package can give the meaning of, with so many arguments (-1: any number).
type function struct {
	min, max int
	make     func(c *call) term
}

// functions are all of them. What is not among them is refused.
var functions map[string]function

func init() {
	functions = map[string]function{}
	for _, group := range []map[string]function{conditionals, stringFunctions, dateFunctions, mathFunctions, nestedFunctions, arrayFunctions, regexpFunctions, castFunctions()} {
		maps.Copy(functions, group)
	}
}

// elsewhere are functions of Spark whose meaning differs, and why.
var elsewhere = map[string]string{
	"rand": "its values are those of Spark's generator", "randn": "its values are those of Spark's generator",
	"hash": "its values are those of Spark's hash", "xxhash64": "its values are those of Spark's hash",
	"from_json": "it reads JSON as Spark does", "get_json_object": "it reads JSON as Spark does", "to_json": "it writes JSON as Spark does",
	"initcap": "it knows words as Spark does", "input_file_name": "it depends on how files are read",
	"monotonically_increasing_id": "it depends on how files are read", "current_user": "there is no user here",
	"pow": "its last digits may differ", "power": "its last digits may differ", "exp": "its last digits may differ", "ln": "its last digits may differ",
	"log": "its last digits may differ", "sin": "its last digits may differ", "cos": "its last digits may differ",
	"sum": "it is over many rows", "count": "it is over many rows", "avg": "it is over many rows", "min": "it is over many rows", "max": "it is over many rows",
}

func (t *translator) call(name string, at int, args []term) term {
	if t.err != nil {
		return term{typ: void}
	}
	if why, ok := elsewhere[name]; ok {
		return t.refuse("the function %s(): %s", name, why)
	}
	f, ok := functions[name]
	if !ok {
		meant := foreignFunction(name)
		if near, ok := suggest.Nearest(name[:min(len(name), maxName)], slices.Sorted(maps.Keys(functions))); ok && meant == "" {
			meant = "; did you mean " + near + "()?"
		}
		return t.refuse("the function %s() is not among those known to mean the same here%s", name, meant)
	}
	if len(args) < f.min || f.max >= 0 && len(args) > f.max {
		return t.wrong(at, "%s() cannot have %d arguments", name, len(args))
	}
	e := f.make(&call{t, name, at, args})
	e.at, e.literal, e.path = at, nil, nil
	return t.bounded(e, maxChains)
}

// of is a call of a function of DuckDB, or a template with $1, $2 for the arguments.
func (c *call) of(template string, typ arrow.DataType, args ...term) term {
	pairs := make([]string, 0, 2*len(args))
	for i := len(args) - 1; i >= 0; i-- {
		pairs = append(pairs, "$"+string(rune('1'+i)), args[i].sql)
		if strings.Count(template, "$"+string(rune('1'+i))) > 1 && !c.twice(c.name+"()", args[i]) {
			return term{typ: void}
		}
	}
	return made(strings.NewReplacer(pairs...).Replace(template), typ, c.at, args...)
}

// str is argument i as a string.
func (c *call) str(i int) term { return c.castTo(c.args[i], str, false) }

// int is argument i as an INT.
func (c *call) int(i int) term {
	e := c.args[i]
	if isVoid(e.typ) || isInteger(e.typ) && e.typ.ID() != arrow.INT64 {
		return e.as(integer)
	}
	return c.wrong(e.at, "%s() wants an INT there, not %s", c.name, TypeName(e.typ))
}

// moment is argument i as a DATE or TIMESTAMP.
func (c *call) momentOf(i int, to arrow.DataType) term {
	e := c.args[i]
	if !isMoment(e.typ) && !isString(e.typ) && !isVoid(e.typ) {
		return c.wrong(e.at, "%s() wants %s, not %s", c.name, article(TypeName(to)), TypeName(e.typ))
	}
	return c.castTo(e, to, false)
}

// constant is argument i, which must be a string in the text.
func (c *call) constant(i int) string {
	if e := c.args[i]; !isString(e.typ) || e.literal == nil {
		c.refuse("%s() with an argument that must be a string in the text", c.name)
		return ""
	}
	return *c.args[i].literal
}

// number is argument i, which must be a number.
func (c *call) numberOf(i int) term {
	if e := c.args[i]; !isNumber(e.typ) {
		if isVoid(e.typ) {
			return e.as(double)
		}
		if isString(e.typ) {
			return c.refuse("%s() of a string; cast it", c.name)
		}
		return c.wrong(e.at, "%s() wants a number, not %s", c.name, TypeName(e.typ))
	}
	return c.args[i].explicit()
}

// castFunctions are those that are called as a type: int(x), date(x).
func castFunctions() map[string]function {
	out := map[string]function{}
	for _, name := range []string{"boolean", "tinyint", "smallint", "int", "bigint", "double", "string", "binary", "date", "timestamp"} {
		out[name] = function{1, 1, func(c *call) term { return c.castTo(c.args[0], typeNames[name], false) }}
	}
	return out
}

var conditionals = map[string]function{
	"coalesce": {1, -1, coalesce}, "ifnull": {2, 2, coalesce}, "nvl": {2, 2, coalesce},
	"if": {3, 3, func(c *call) term {
		return c.choice([]term{c.condition(c.args[0], c.at)}, c.args[1:], c.at)
	}},
	"iff": {3, 3, func(c *call) term { return c.choice([]term{c.condition(c.args[0], c.at)}, c.args[1:], c.at) }},
	"nvl2": {3, 3, func(c *call) term {
		return c.choice([]term{c.of("($1 IS NOT NULL)", boolean, c.args[0])}, c.args[1:], c.at)
	}},
	"nullif": {2, 2, func(c *call) term {
		same := c.compare("=", c.at, c.args[0], c.args[1])
		e := c.args[0].explicit()
		return c.choice([]term{same}, []term{{sql: "NULL", typ: void}, e}, c.at)
	}},
	"isnull":    {1, 1, func(c *call) term { return c.of("($1 IS NULL)", boolean, c.args[0]) }},
	"isnotnull": {1, 1, func(c *call) term { return c.of("($1 IS NOT NULL)", boolean, c.args[0]) }},
	"isnan": {1, 1, func(c *call) term {
		e := c.numberOf(0)
		return c.of("coalesce(isnan($1), FALSE)", boolean, e.to(double))
	}},
	"equal_null": {2, 2, func(c *call) term { return c.compare("<=>", c.at, c.args[0], c.args[1]) }},
	"zeroifnull": {1, 1, func(c *call) term {
		return coalesce(&call{c.translator, c.name, c.at, []term{c.args[0], c.whole(token{}, "0", nil)}})
	}},
	"nullifzero": {1, 1, func(c *call) term {
		zero := c.compare("=", c.at, c.args[0], c.whole(token{}, "0", nil))
		return c.choice([]term{zero}, []term{{sql: "NULL", typ: void}, c.args[0].explicit()}, c.at)
	}},
	"greatest": {2, -1, extreme}, "least": {2, -1, extreme},
	"uuid": {0, 0, func(*call) term { return term{sql: "CAST(uuid() AS VARCHAR)", typ: str, volatile: true} }},
}

func coalesce(c *call) term {
	args, typ := c.unite(c.at, c.args)
	return made("coalesce("+joined(args)+")", typ, c.at, args...)
}

func extreme(c *call) term {
	args, typ := c.unite(c.at, c.args)
	if isNested(typ) {
		return c.refuse("%s() of %s", c.name, TypeName(typ))
	}
	return made(c.name+"("+joined(args)+")", typ, c.at, args...)
}

func joined(args []term) string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = a.sql
	}
	return strings.Join(list, ", ")
}
