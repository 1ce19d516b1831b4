package spark

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/expression"
)

// Match takes a condition on pairs of rows of two relations apart. Errors: those of Predicate over both.
func Match(text string, left, right expression.Relation, o Options) (expression.Match, error) {
	var m expression.Match
	if len(left.Names) > 0 && len(right.Names) > 0 && strings.EqualFold(left.Names[0], right.Names[0]) {
		return m, &SyntaxError{Message: fmt.Sprintf("the rows of both sides are called %s; give one of them another name", left.Names[0])}
	}
	both := expression.Join(left, right)
	if _, err := Predicate(text, both, o); err != nil {
		return m, err
	}
	parts, err := conjuncts(text, both, o)
	if err != nil {
		return m, err
	}
	mt := &matcher{both: both, left: map[string]bool{}, opts: o}
	for _, f := range both.Fields()[:left.Schema.NumFields()] {
		mt.left[f.Name] = true
	}
	for _, part := range parts {
		if err := mt.add(&m, part); err != nil {
			return m, err
		}
	}
	return m, nil
}

// conjuncts splits a predicate that is known to be one at its topmost ANDs, also in brackets.
func conjuncts(text string, schema *arrow.Schema, o Options) ([]string, error) {
	t, err := newTranslator(text, schema, o)
	if err != nil {
		return nil, err
	}
	if t.expression(); t.err != nil {
		return nil, t.err
	}
	var parts []string
	for _, s := range t.operands {
		part := text[t.tokens[s.from].at:t.tokens[s.to-1].end]
		if !t.bracketed(s) {
			parts = append(parts, part)
			continue
		}
		within, err := conjuncts(text[t.tokens[s.from].end:t.tokens[s.to-1].at], schema, o)
		switch {
		case err != nil:
			return nil, err
		case len(within) == 1: // which may be an OR
			within[0] = part
		}
		parts = append(parts, within...)
	}
	return parts, nil
}

// span is some of the tokens: from one up to another.
type span struct{ from, to int }

// bracketed tells that one pair of brackets is around all of a span.
func (t *translator) bracketed(s span) bool {
	depth := 0
	for i := s.from; i < s.to; i++ {
		switch tok := t.tokens[i]; {
		case tok.kind == symbol && tok.text == "(":
			depth++
		case tok.kind == symbol && tok.text == ")":
			depth--
		}
		if depth == 0 {
			return i > s.from && i == s.to-1
		}
	}
	return false
}

// matcher sorts the parts of a condition.
type matcher struct {
	both *arrow.Schema
	left map[string]bool // fields of the first relation; all others are of the second
	opts Options
}

// reads tells which relations columns are of.
func (m *matcher) reads(columns map[string]bool) (left, right bool) {
	for c := range columns {
		left, right = left || m.left[c], right || !m.left[c]
	}
	return left, right
}

func (m *matcher) add(match *expression.Match, part string) error {
	t, err := newTranslator(part, m.both, m.opts)
	if err != nil {
		return err
	}
	e := t.expression()
	left, right := m.reads(t.columns)
	switch {
	case t.err != nil:
		return t.err
	case e.literal != nil && *e.literal == "true":
		return nil
	case e.volatile:
		match.Rest = and(match.Rest, part)
		return nil
	case left && right:
		key, ok, err := m.key(part)
		if ok {
			match.Keys = append(match.Keys, key)
		} else {
			match.Rest = and(match.Rest, part)
		}
		return err
	}
	if !right {
		match.Left = and(match.Left, part)
	}
	if !left {
		match.Right = and(match.Right, part)
	}
	return nil
}

func and(conjunction, part string) string {
	if conjunction == "" {
		return part
	}
	return conjunction + " AND " + part
}

// side is an operand of an equality.
type side struct {
	term
	text        string
	left, right bool
}

// key makes a key of an equality whose sides read one relation each.
func (m *matcher) key(part string) (key expression.Key, ok bool, err error) {
	t, err := newTranslator(unbracket(part), m.both, m.opts)
	if err != nil {
		return key, false, err
	}
	a := m.side(t)
	switch {
	case t.take("<=>"), t.take("is", "not", "distinct", "from"):
		key.NullSafe = true
	case t.take("="), t.take("=="):
	default:
		return key, false, nil
	}
	b := m.side(t)
	if t.err != nil || t.peek().kind != endOfText || a.left == a.right || b.left == b.right || a.left == b.left {
		return key, false, nil
	}
	typ, ok := commonOf(t.castStrings([]term{a.term, b.term}))
	if t.err != nil || !ok || isVoid(typ) || isNested(typ) {
		return key, false, nil
	}
	if b.left {
		a, b = b, a
	}
	key.Left, key.Right, key.Type = a.as(typ), b.as(typ), typ
	key.LeftPath = a.column(t.scope, typ)
	return key, true, nil
}

// unbracket takes brackets around all of a text off.
func unbracket(text string) string {
	all, err := tokens(text)
	if err != nil {
		return text
	}
	t := &translator{tokens: all}
	s := span{0, len(all) - 1}
	for s.to > s.from && t.bracketed(s) {
		s.from, s.to = s.from+1, s.to-1
	}
	if s.to <= s.from {
		return text
	}
	return text[all[s.from].at:all[s.to-1].end]
}

// side reads one operand of a comparison.
func (m *matcher) side(t *translator) side {
	from := t.i
	t.columns = map[string]bool{}
	e := t.bits(0)
	s := side{term: e}
	if t.err == nil && t.i > from {
		s.text = t.text[t.tokens[from].at:t.tokens[t.i-1].end]
	}
	s.left, s.right = m.reads(t.columns)
	return s
}

// as is the text of a side with the type in which it is compared, where an assignment to that type would not give the same.
func (s side) as(typ arrow.DataType) string {
	if isString(s.typ) && !isString(typ) {
		return "CAST(" + s.text + " AS " + TypeName(typ) + ")"
	}
	return s.text
}

// column is the path of the column or field that a side is.
func (s side) column(in scope, typ arrow.DataType) []string {
	if s.path == nil || isString(s.typ) != isString(typ) {
		return nil
	}
	path := slices.Clone(s.path)
	path[0] = in.columns[in.schema.FieldIndices(path[0])[0]].column
	return path
}
