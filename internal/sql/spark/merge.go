package spark

import (
	"strings"

	"github.com/ingestd/ingestd/table/expression"
)

// MergeClause reads one WHEN clause of a MERGE; the word WHEN may be left out. Its expressions are not looked at.
// Errors: *SyntaxError.
func MergeClause(text string) (c expression.MergeClause, err error) {
	t, err := read(text)
	if err != nil {
		return c, err
	}
	t.take("when")
	c = t.mergeClause()
	if t.is("when") {
		t.wrong(t.peek().at, "one clause is wanted; give the next one apart")
	}
	t.wantEnd()
	return c, t.err
}

func (t *translator) wantEnd() {
	if next := t.peek(); next.kind != endOfText {
		t.wrong(next.at, "unexpected %s", t.show(next))
	}
}

// mergeClause reads what follows WHEN.
func (t *translator) mergeClause() (c expression.MergeClause) {
	switch {
	case t.take("matched"):
		c.When = expression.Matched
	case t.take("not", "matched", "by", "source"):
		c.When = expression.NotMatchedBySource
	case t.take("not", "matched", "by", "target"), t.take("not", "matched"):
		c.When = expression.NotMatched
	default:
		t.wrong(t.peek().at, "MATCHED, NOT MATCHED or NOT MATCHED BY SOURCE is wanted, not %s", t.show(t.peek()))
	}
	if t.take("and") {
		c.Condition = t.textUntil("a condition", "then", "when")
	}
	if !t.take("then") {
		or := ""
		if c.Condition == "" {
			or = "AND or "
		}
		t.wrong(t.peek().at, "%sTHEN is wanted, not %s", or, t.show(t.peek()))
	}
	t.mergeAction(&c)
	return c
}

func (t *translator) mergeAction(c *expression.MergeClause) {
	at := t.peek().at
	switch {
	case c.When == expression.NotMatched && t.take("insert"):
		t.insert(c)
	case c.When == expression.NotMatched:
		t.wrong(at, "INSERT is wanted for rows that are NOT MATCHED, not %s", t.show(t.peek()))
	case t.take("delete"):
		c.Action = expression.MergeDelete
	case t.take("update", "set", "*"), t.take("update", "*"):
		c.Action = expression.MergeUpdateAll
		if c.When == expression.NotMatchedBySource {
			t.wrong(at, "rows that are NOT MATCHED BY SOURCE have no row of the source to take all columns of; write UPDATE SET column = value")
		}
	case t.take("update", "set"):
		c.Action = expression.MergeUpdate
		for more := true; more && t.err == nil; more = t.take(",") {
			path := t.assigned()
			c.Set = append(c.Set, value(path, t.textUntil("an expression", ",", "when")))
		}
	case t.take("update"):
		t.wrong(t.peek().at, "SET or * is wanted after UPDATE, not %s", t.show(t.peek()))
	case t.is("insert"):
		t.wrong(at, "INSERT is for rows that are NOT MATCHED")
	default:
		t.wrong(at, "UPDATE or DELETE is wanted, not %s", t.show(t.peek()))
	}
}

// insert reads what follows INSERT.
func (t *translator) insert(c *expression.MergeClause) {
	if t.take("*") {
		c.Action = expression.MergeInsertAll
		return
	}
	c.Action = expression.MergeInsert
	if !t.take("(") {
		t.wrong(t.peek().at, "the columns in brackets, or *, are wanted after INSERT, not %s", t.show(t.peek()))
	}
	for more := true; more && t.err == nil; more = t.take(",") {
		c.Set = append(c.Set, value(t.path("the name of a column is wanted"), ""))
	}
	t.want(")")
	t.want("VALUES")
	at := t.peek().at
	t.want("(")
	n := 0
	for more := true; more && t.err == nil; more = t.take(",") {
		expr := t.textUntil("an expression", ",")
		if n < len(c.Set) {
			c.Set[n].Expr = expr
		}
		n++
	}
	t.want(")")
	if t.err == nil && n != len(c.Set) {
		t.wrong(at, "%d values for %d columns", n, len(c.Set))
	}
}

func value(path []string, expr string) expression.MergeValue {
	return expression.MergeValue{Column: strings.Join(path, "."), Path: path, Expr: expr}
}

// textUntil is the text up to the first of the words that is not within brackets or CASE ... END, or to the end, or to the
// bracket that closes one before it. what is wanted there.
func (t *translator) textUntil(what string, words ...string) string {
	from, depth := t.i, 0
	for {
		tok := t.peek()
		if tok.kind == endOfText || depth == 0 && (t.is(")") || t.isOne(words)) {
			break
		}
		switch {
		case t.is("("), t.is("["), t.is("case") && !t.inPath():
			depth++
		case t.is(")"), t.is("]"), t.is("end") && !t.inPath():
			depth = max(depth-1, 0)
		}
		t.next()
	}
	if t.err != nil {
		return ""
	}
	if t.i == from {
		t.wrong(t.peek().at, "%s is wanted, not %s", what, t.show(t.peek()))
		return ""
	}
	return t.text[t.tokens[from].at:t.tokens[t.i-1].end]
}

func (t *translator) isOne(words []string) bool {
	for _, w := range words {
		if t.is(w) && !t.inPath() {
			return true
		}
	}
	return false
}

// inPath tells that the token at hand is a name after a dot.
func (t *translator) inPath() bool {
	return t.i > 0 && t.tokens[t.i-1].kind == symbol && t.tokens[t.i-1].text == "."
}
