package spark

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table/expression"
)

// scope is the columns that an expression may name. Where a schema is that of relations (expression.Join), each column
// has a name of its own, by which it is found, and those of its relation, by which it may be qualified.
type scope struct {
	schema  *arrow.Schema
	columns []scoped
	joined  bool // of relations: columns are looked for as Spark does
}

type scoped struct {
	relation []string
	column   string
}

func newScope(schema *arrow.Schema) scope {
	s := scope{schema: schema, columns: make([]scoped, schema.NumFields())}
	for i, f := range schema.Fields() {
		names, column, ok := expression.Origin(f)
		if !ok {
			column = f.Name
		}
		s.columns[i] = scoped{names, column}
		s.joined = s.joined || ok
	}
	return s
}

// qualifies tells that a word is the name of a relation.
func (c scoped) qualifies(word string) bool {
	return slices.ContainsFunc(c.relation, func(n string) bool { return strings.EqualFold(n, word) })
}

// shown is what messages call a column.
func (c scoped) shown() string {
	if len(c.relation) == 0 {
		return c.column
	}
	return c.relation[0] + "." + c.column
}

// find gives the columns that a name may mean: first is its first part, second the next one, if there is one. As in
// Spark, column second of relation first goes before field second of column first.
func (s scope) find(first, second string, dotted bool) (found []int, qualified bool) {
	for i, c := range s.columns {
		if dotted && c.qualifies(first) && strings.EqualFold(c.column, second) {
			found = append(found, i)
		}
	}
	if len(found) > 0 {
		return found, true
	}
	if !s.joined {
		if f, ok := named(s.schema.Fields(), first); ok {
			found = s.schema.FieldIndices(f.Name)[:1]
		}
		return found, false
	}
	for i, c := range s.columns {
		if strings.EqualFold(c.column, first) {
			found = append(found, i)
		}
	}
	return found, false
}

// column is a column by its name, in any case of letters, which the name of its relation may go before.
func (t *translator) column(tok token) term {
	if t.err != nil {
		return term{typ: void}
	}
	next, dotted := t.afterDot()
	found, qualified := t.scope.find(tok.text, next.text, dotted)
	switch {
	case len(found) == 0:
		return t.noColumn(tok, next, dotted)
	case len(found) > 1:
		name := tok.text
		if qualified {
			name += "." + next.text
		}
		could := make([]string, len(found))
		for i, f := range found {
			could[i] = t.scope.columns[f].shown()
		}
		return t.wrong(tok.at, "the reference %q is ambiguous, it could be %s", name, strings.Join(could, " or "))
	case qualified:
		t.i += 2
	}
	f := t.scope.schema.Field(found[0])
	t.columns[f.Name] = true
	e := reference(ident(f.Name), []string{f.Name}, f.Type, tok.at)
	e.alias = t.scope.columns[found[0]].column
	return e
}

// afterDot is the name that follows a dot at hand.
func (t *translator) afterDot() (next token, ok bool) {
	if !t.is(".") {
		return token{}, false
	}
	next = t.tokens[t.i+1]
	return next, next.kind == name || next.kind == quoted
}

// noColumn tells which columns there are.
func (t *translator) noColumn(tok, next token, dotted bool) term {
	if foreign := foreignType(tok.text); foreign != "" && t.peek().kind == text { // TYPE 'value'
		return t.wrong(tok.at, "there are no literals of the type %s%s", strings.ToUpper(tok.text), foreign)
	}
	var shown, own, related []string
	for _, c := range t.scope.columns {
		shown, own = append(shown, c.shown()), append(own, c.column)
		if c.qualifies(tok.text) {
			related = append(related, c.shown())
		}
	}
	missing := tok.text
	if t.scope.joined && dotted {
		missing += "." + next.text
		if _, near := suggest.Nearest(missing[:min(len(missing), maxName)], shown); !near && len(related) > 0 {
			shown = related
		}
	} else if near, ok := suggest.Nearest(missing, own); ok && len(missing) <= maxName {
		return t.wrong(tok.at, "no column %q; did you mean %s?", missing, shown[slices.Index(own, near)])
	}
	return t.wrong(tok.at, "no column %q%s", missing, hint(missing, shown))
}
