package spark

import "strings"

// The methods of this file follow the levels of Spark's grammar, from the loosest to the tightest.

// expression: a OR b.
func (t *translator) expression() term {
	if !t.enter(t.peek().at) {
		return term{typ: void}
	}
	from := t.i
	e := t.conjunction()
	for t.is("or") {
		at := t.next().at
		e = t.logical("OR", at, e, t.conjunction())
		if t.depth == 1 {
			t.operands = []span{{from, t.i}}
		}
	}
	return t.leave(e)
}

func (t *translator) conjunction() term {
	e := t.operand()
	for t.is("and") {
		at := t.next().at
		e = t.logical("AND", at, e, t.operand())
	}
	return e
}

// operand of AND; those that are in nothing else are noted.
func (t *translator) operand() term {
	from := t.i
	e := t.negation()
	if t.depth == 1 {
		t.operands = append(t.operands, span{from, t.i})
	}
	return e
}

// negation: NOT binds looser than comparisons.
func (t *translator) negation() term {
	if tok := t.peek(); t.take("not") || t.take("!") {
		if !t.enter(tok.at) {
			return term{typ: void}
		}
		return t.leave(t.not(t.negation(), tok.at))
	}
	return t.predicate()
}

func (t *translator) not(e term, at int) term {
	e = t.boolean(e, at)
	return term{sql: "(NOT " + e.sql + ")", typ: boolean, at: at, volatile: e.volatile, fails: e.fails}
}

// predicate: a value, and one test of it.
func (t *translator) predicate() term {
	e := t.comparison()
	at := t.peek().at
	negated := false
	if t.is("not", "between") || t.is("not", "in") || t.is("not", "like") || t.is("not", "rlike") || t.is("not", "regexp") || t.is("not", "ilike") {
		t.next()
		negated = true
	}
	var test term
	switch {
	case t.take("between"):
		low := t.comparison()
		t.want("and")
		test = t.between(e, low, t.comparison(), at)
	case t.take("in"):
		test = t.in(e, at)
	case t.take("like"):
		test = t.like(e, at)
	case t.take("rlike"), t.take("regexp"):
		test = t.rlike(e, t.comparison())
	case t.take("ilike"):
		return t.refuse("ILIKE compares letters of other alphabets in another way")
	case t.take("is"):
		return t.isTest(e, at)
	default:
		return e
	}
	if negated {
		return t.not(test, at)
	}
	return test
}

var comparisons = []string{"<=>", "==", "=", "<>", "!=", "<=", ">=", "<", ">"}

func (t *translator) comparison() term {
	e := t.bits(0)
	for {
		op, at := "", t.peek().at
		for _, c := range comparisons {
			if t.take(c) {
				op = c
				break
			}
		}
		if op == "" {
			return e
		}
		e = t.compare(op, at, e, t.bits(0))
	}
}

// bitOps are the levels of bitwise operators, from the loosest, and DuckDB's function or operator for each.
var bitOps = []struct{ op, duck string }{{"|", "|"}, {"^", "xor"}, {"&", "&"}}

func (t *translator) bits(level int) term {
	if level == len(bitOps) {
		e := t.sum()
		if t.is("<<") || t.is(">>") || t.is(">>>") {
			return t.refuse("a shift drops bits in Spark where DuckDB fails")
		}
		return e
	}
	e := t.bits(level + 1)
	for t.is(bitOps[level].op) {
		at := t.next().at
		e = t.bitwise(bitOps[level].duck, at, e, t.bits(level+1))
	}
	return e
}

func (t *translator) sum() term {
	e := t.product()
	for {
		at := t.peek().at
		switch {
		case t.take("+"):
			e = t.arithmetic("+", at, e, t.product())
		case t.take("-"):
			e = t.arithmetic("-", at, e, t.product())
		case t.take("||"):
			e = t.concat(e, t.product(), at)
		default:
			return e
		}
	}
}

func (t *translator) product() term {
	e := t.sign()
	for {
		at := t.peek().at
		switch {
		case t.take("*"):
			e = t.arithmetic("*", at, e, t.sign())
		case t.take("/"):
			e = t.divide(at, e, t.sign())
		case t.take("%"):
			e = t.remainder(at, e, t.sign())
		case t.take("div"):
			e = t.integralDivide(at, e, t.sign())
		default:
			return e
		}
	}
}

func (t *translator) sign() term {
	tok := t.peek()
	switch {
	case t.is("-") && t.tokens[t.i+1].kind == number && t.tokens[t.i+1].at == tok.end:
		t.next()
		return t.postfix(t.number(t.next(), "-"))
	case t.take("-"), t.take("+"), t.take("~"):
		if !t.enter(tok.at) {
			return term{typ: void}
		}
		return t.leave(t.unary(tok.text, tok.at, t.sign()))
	}
	return t.postfix(t.primary())
}

// postfix: a.b, a[i], a::type.
func (t *translator) postfix(e term) term {
	for t.err == nil {
		at := t.peek().at
		switch {
		case t.take("::"):
			e = t.cast(e, t.typeName(), false)
		case t.take("["):
			e = t.element(e, t.expression(), at)
			t.want("]")
		case t.take("."):
			tok := t.next()
			if tok.kind != name && tok.kind != quoted {
				return t.wrong(tok.at, "the name of a field is wanted, not %s", t.show(tok))
			}
			e = t.field(e, tok.text, tok.at)
		default:
			return e
		}
	}
	return e
}

// reserved are words that cannot begin a value; as names of columns they go in backticks.
var reserved = map[string]bool{"and": true, "or": true, "not": true, "in": true, "like": true, "between": true, "is": true, "then": true,
	"else": true, "end": true, "when": true, "from": true, "as": true, "select": true, "where": true, "rlike": true, "over": true}

func (t *translator) primary() term {
	tok := t.next()
	switch tok.kind {
	case number:
		return t.number(tok, "")
	case text:
		for t.peek().kind == text { // strings beside each other are one
			tok.text += t.next().text
		}
		return stringLiteral(tok.text, tok.at)
	case quoted:
		return t.column(tok)
	case name:
		return t.named(tok)
	case symbol:
		if tok.text == "(" {
			if t.is("select") {
				return t.refuse("it has a subquery")
			}
			e := t.expression()
			if t.is(",") {
				return t.refuse("a row of values in brackets; write struct(...)")
			}
			t.want(")")
			e.at = tok.at
			return e
		}
	case endOfText:
	}
	return t.wrong(tok.at, "a value is wanted, not %s%s", t.show(tok), foreignSymbol(t.text, tok.at))
}

// named is what begins with a word: a keyword's own grammar, a function, or a column.
func (t *translator) named(tok token) term {
	word := strings.ToLower(tok.text)
	switch word {
	case "true", "false":
		return term{sql: strings.ToUpper(word), typ: boolean, at: tok.at, literal: &word}
	case "null":
		return term{sql: "NULL", typ: void, at: tok.at, literal: new(string)}
	case "case":
		return t.caseWhen(tok.at)
	case "current_timestamp", "current_date", "localtimestamp":
		if column, _ := t.scope.find(word, "", false); !t.is("(") && len(column) == 0 {
			return t.call(word, tok.at, nil)
		}
	case "exists":
		if t.is("(", "select") {
			return t.refuse("it has a subquery")
		}
	}
	if t.peek().kind == text && (word == "date" || word == "timestamp" || word == "timestamp_ntz" || word == "timestamp_ltz" || word == "x") {
		lit := t.next()
		if word == "x" {
			return t.hexLiteral(lit)
		}
		return t.moment(lit.text, typeNames[word], tok.at)
	}
	if word == "interval" && (t.peek().kind == number || t.peek().kind == text || t.is("-")) {
		return t.interval(tok.at)
	}
	if t.take("(") {
		return t.functionCall(word, tok.at)
	}
	if reserved[word] {
		return t.wrong(tok.at, "a value is wanted, not %s", t.show(tok))
	}
	return t.column(tok)
}

func (t *translator) functionCall(word string, at int) term {
	switch word {
	case "cast", "try_cast":
		e := t.expression()
		t.want("as")
		e = t.cast(e, t.typeName(), word == "try_cast")
		t.want(")")
		return e
	case "extract":
		unit := strings.ToLower(t.next().text)
		part, ok := extracted[unit]
		if !ok {
			return t.refuse("EXTRACT of %s; there are functions such as second(), which gives whole seconds", strings.ToUpper(unit))
		}
		t.want("from")
		e := t.expression()
		t.want(")")
		return t.call(part, at, []term{e})
	}
	var args []term
	for !t.take(")") {
		if t.err != nil {
			return term{typ: void}
		}
		if len(args) > 0 && !t.substringWords(word, len(args)) {
			t.want(",")
		}
		if t.is("distinct") {
			return t.refuse("%s(DISTINCT ...) is over many rows", word)
		}
		if t.is("*") {
			return t.refuse("%s(*) is over many rows", word)
		}
		args = append(args, t.expression())
	}
	if t.is("over") {
		return t.refuse("%s() OVER is over many rows", word)
	}
	return t.call(word, at, args)
}

// extracted are what EXTRACT takes, and the functions that do the same. There is none for seconds, which have a fraction.
var extracted = map[string]string{"year": "year", "quarter": "quarter", "month": "month", "week": "week", "day": "day",
	"dayofweek": "dayofweek", "dow": "dayofweek", "doy": "dayofyear", "hour": "hour", "minute": "minute"}

// substringWords: SUBSTRING(s FROM 2 FOR 3), POSITION(a IN b) has a grammar that clashes with IN and is refused as such.
func (t *translator) substringWords(word string, n int) bool {
	if word != "substring" && word != "substr" {
		return false
	}
	return n == 1 && t.take("from") || n == 2 && t.take("for")
}

// caseWhen: CASE [x] WHEN a THEN b ... [ELSE c] END.
func (t *translator) caseWhen(at int) term {
	var operand *term
	if !t.is("when") {
		e := t.expression()
		operand = &e
	}
	var conditions, values []term
	for t.take("when") {
		c := t.expression()
		if operand != nil {
			c = t.compare("=", c.at, *operand, c)
		}
		conditions = append(conditions, t.condition(c, c.at))
		t.want("then")
		values = append(values, t.expression())
	}
	if len(conditions) == 0 {
		return t.wrong(t.peek().at, "WHEN is wanted, not %s", t.show(t.peek()))
	}
	if t.take("else") {
		values = append(values, t.expression())
	}
	t.want("end")
	return t.choice(conditions, values, at)
}

// typeName reads a type.
func (t *translator) typeName() (typ typeRef) {
	tok := t.next()
	typ.at = tok.at
	word := strings.ToLower(tok.text)
	known, ok := typeNames[word]
	switch {
	case tok.kind != name || !ok && word != "char" && word != "varchar" && word != "array" && word != "map" && word != "struct" && word != "interval" && word != "variant":
		t.wrong(tok.at, "a type is wanted, not %s%s", t.show(tok), foreignType(tok.text))
	case word == "char" || word == "varchar":
		t.refuse("a cast to %s; write STRING", strings.ToUpper(word))
	case !ok:
		t.refuse("a cast to %s", strings.ToUpper(word))
	case isDecimal(known) && t.take("("):
		p := t.digits()
		s := 0
		if t.take(",") {
			s = t.digits()
		}
		t.want(")")
		if t.err == nil && (p < 1 || p > maxDigits || s > p) {
			t.wrong(tok.at, "there is no DECIMAL(%d,%d)", p, s)
		}
		known = decimal(int32(p), int32(s))
	}
	typ.typ = known
	return typ
}

// digits is a small whole number.
func (t *translator) digits() (n int) {
	tok := t.next()
	for _, c := range tok.text {
		if tok.kind != number || c < '0' || c > '9' || n > 100 {
			t.wrong(tok.at, "a whole number is wanted, not %s", t.show(tok))
			return 0
		}
		n = n*10 + int(c-'0')
	}
	if tok.kind != number {
		t.wrong(tok.at, "a whole number is wanted, not %s", t.show(tok))
	}
	return n
}
