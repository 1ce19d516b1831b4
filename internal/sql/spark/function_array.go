package spark

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// list is argument i, which must be an array, and the type of its elements.
func (c *call) list(i int) (term, arrow.DataType) {
	e := c.args[i]
	l, ok := e.typ.(*arrow.ListType)
	if !ok {
		return c.wrong(e.at, "%s() wants an array, not %s", c.name, TypeName(e.typ)), void
	}
	return e, canonical(l.Elem())
}

// ordered is a list whose elements have one order in both dialects; that of floating numbers has two zeros.
func (c *call) ordered(i int) (term, arrow.DataType) {
	e, elem := c.list(i)
	if isNested(elem) || isFloating(elem) || isVoid(elem) {
		return c.refuse("%s() of %s", c.name, TypeName(e.typ)), elem
	}
	return e, elem
}

// elementAt counts from 1, and from the end with a negative number.
func elementAt(c *call) term {
	if c.args[0].typ.ID() == arrow.MAP {
		return c.element(c.args[0], c.args[1], c.at)
	}
	e, elem := c.list(0)
	i := c.int(1).explicit()
	const there = "$2 <> 0 AND abs(CAST($2 AS BIGINT)) <= len($1) THEN list_extract($1, $2)"
	return failing(c.of("(CASE WHEN "+there+" WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN "+failure("the array has no element ", "$2", elem)+" END)", elem, e, i))
}

// get counts from 0; there is NULL outside the array.
func get(c *call) term {
	e, elem := c.list(0)
	return c.of("(CASE WHEN $2 >= 0 AND $2 < len($1) THEN list_extract($1, CAST($2 AS BIGINT) + 1) END)", elem, e, c.int(1))
}

func arrayAppend(template string) function {
	return function{2, 2, func(c *call) term {
		e, elem := c.list(0)
		x := c.args[1]
		if typ, ok := common(elem, x.typ); !ok || !same(typ, elem) || isNested(elem) {
			return c.refuse("%s() of %s to %s", c.name, TypeName(x.typ), TypeName(e.typ))
		}
		return c.of("(CASE WHEN $1 IS NOT NULL THEN "+template+" END)", e.typ, e, x.to(elem))
	}}
}

func sortArray(c *call) term {
	e, _ := c.ordered(0)
	order := "'ASC', 'NULLS FIRST'"
	if len(c.args) == 2 {
		switch lit := c.args[1].literal; {
		case lit == nil || c.args[1].typ.ID() != arrow.BOOL:
			return c.refuse("sort_array() in an order that is not TRUE or FALSE in the text")
		case *lit == "false":
			order = "'DESC', 'NULLS LAST'"
		}
	}
	return c.of("list_sort($1, "+order+")", e.typ, e)
}

func arrayExtreme(duck string) function {
	return function{1, 1, func(c *call) term {
		e, elem := c.ordered(0)
		return c.of(duck, elem, e)
	}}
}

// concatArrays is NULL where one of them is.
func concatArrays(c *call) term {
	first := c.args[0].typ
	there := make([]string, len(c.args))
	for i, e := range c.args {
		if !same(e.typ, first) {
			return c.refuse("concat() of %s and %s", TypeName(first), TypeName(e.typ))
		}
		there[i] = e.sql + " IS NOT NULL"
	}
	if !c.twice("concat()", c.args...) {
		return term{typ: void}
	}
	sql := c.args[0].sql
	for _, e := range c.args[1:] {
		sql = "list_concat(" + sql + ", " + e.sql + ")"
	}
	return made("(CASE WHEN "+strings.Join(there, " AND ")+" THEN "+sql+" END)", first, c.at, c.args...)
}

func arrayJoin(c *call) term {
	e, elem := c.list(0)
	if !isString(elem) {
		return c.refuse("array_join() of %s", TypeName(e.typ))
	}
	return c.of("(CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN coalesce(array_to_string($1, $2), '') END)", str, e, c.str(1))
}

// ofMap is a function of a map alone, or of a map and a key.
func ofMap(n int, template string, typ func(m *arrow.MapType) arrow.DataType) function {
	return function{n, n, func(c *call) term {
		m, ok := c.args[0].typ.(*arrow.MapType)
		if !ok {
			return c.wrong(c.at, "%s() wants a map, not %s", c.name, TypeName(c.args[0].typ))
		}
		args := []term{c.args[0]}
		if n == 2 {
			key, ok := common(c.args[1].typ, m.KeyType())
			if !ok || !same(key, m.KeyType()) || isFloating(key) || isVoid(c.args[1].typ) {
				return c.refuse("%s() of a key of %s in %s", c.name, TypeName(c.args[1].typ), TypeName(m))
			}
			args = append(args, c.args[1].to(m.KeyType()))
		}
		return c.of(template, typ(m), args...)
	}}
}

var arrayFunctions = map[string]function{
	"element_at": {2, 2, elementAt}, "get": {2, 2, get}, "sort_array": {1, 2, sortArray}, "array_join": {2, 2, arrayJoin},
	"array_append": arrayAppend("list_append($1, $2)"), "array_prepend": arrayAppend("list_prepend($2, $1)"),
	"array_max": arrayExtreme("list_max($1)"), "array_min": arrayExtreme("list_min($1)"),
	"array_size": {1, 1, func(c *call) term {
		e, _ := c.list(0)
		return c.of("CAST(len($1) AS INTEGER)", integer, e)
	}},
	"array_compact": {1, 1, func(c *call) term {
		e, _ := c.list(0)
		return c.of("list_filter($1, lambda v: v IS NOT NULL)", e.typ, e)
	}},
	"map_keys":   ofMap(1, "map_keys($1)", func(m *arrow.MapType) arrow.DataType { return arrow.ListOf(canonical(m.KeyType())) }),
	"map_values": ofMap(1, "map_values($1)", func(m *arrow.MapType) arrow.DataType { return arrow.ListOf(canonical(m.ItemType())) }),
	"map_contains_key": ofMap(2, "list_contains(map_keys($1), $2)", func(*arrow.MapType) arrow.DataType {
		return boolean
	}),
}
