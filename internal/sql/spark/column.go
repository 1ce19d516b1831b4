package spark

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

func reference(sql string, path []string, typ arrow.DataType, at int) term {
	e := term{sql: sql, typ: canonical(typ), path: path, alias: path[len(path)-1], at: at}
	if isVoid(e.typ) {
		e.sql = "NULL"
	}
	return e
}

// named finds a field as Spark does: in any case of letters.
func named(fields []arrow.Field, name string) (arrow.Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	i := slices.IndexFunc(fields, func(f arrow.Field) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return arrow.Field{}, false
	}
	return fields[i], true
}

// field is a field of a struct.
func (t *translator) field(e term, name string, at int) term {
	if t.err != nil {
		return term{typ: void}
	}
	st, ok := e.typ.(*arrow.StructType)
	if !ok && isNested(e.typ) {
		return t.refuse("field %s of %s", name, TypeName(e.typ))
	}
	if !ok {
		return t.wrong(at, "%s has no fields, and so no %s", TypeName(e.typ), name)
	}
	f, ok := named(st.Fields(), name)
	if !ok {
		var names []string
		for _, f := range st.Fields() {
			names = append(names, f.Name)
		}
		return t.wrong(at, "no field %q%s", name, hint(name, names))
	}
	if e.path != nil {
		return reference(e.sql+"."+ident(f.Name), append(slices.Clone(e.path), f.Name), f.Type, e.at)
	}
	out := made("struct_extract("+e.sql+", "+quote(f.Name)+")", canonical(f.Type), e.at, e)
	return out
}

// element is a[i] of an array, counted from 0, or m[k] of a map.
func (t *translator) element(e, i term, at int) term {
	switch x := e.typ.(type) {
	case *arrow.ListType:
		if !isInteger(i.typ) {
			return t.wrong(at, "an array's element is asked by a whole number, not by %s", TypeName(i.typ))
		}
		if !t.twice("an element", i, e) {
			return term{typ: void}
		}
		i = i.explicit()
		sql := "(CASE WHEN " + i.sql + " >= 0 AND " + i.sql + " < len(" + e.sql + ") THEN " + e.sql + "[CAST(" + i.sql + " AS BIGINT) + 1] WHEN " +
			i.sql + " IS NOT NULL AND " + e.sql + " IS NOT NULL THEN " + failure("the array has no element ", i.sql, canonical(x.Elem())) + " END)"
		return failing(made(sql, canonical(x.Elem()), at, e, i))
	case *arrow.MapType:
		if key, ok := common(i.typ, x.KeyType()); !ok || !same(key, x.KeyType()) || isFloating(key) {
			return t.wrong(at, "the map's keys are %s, not %s", TypeName(x.KeyType()), TypeName(i.typ))
		}
		i = i.to(x.KeyType())
		return made("map_extract("+e.sql+", "+i.sql+")[1]", canonical(x.ItemType()), at, e, i)
	}
	return t.wrong(at, "%s has no elements", TypeName(e.typ))
}
