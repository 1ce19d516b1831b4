package spark

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// made is a term over others.
func made(sql string, typ arrow.DataType, at int, of ...term) term {
	e := term{sql: sql, typ: typ, at: at}
	for _, o := range of {
		e.volatile = e.volatile || o.volatile
		e.fails = e.fails || o.fails
	}
	return e
}

// boolean demands a truth value.
func (t *translator) boolean(e term, at int) term {
	if isVoid(e.typ) {
		return e.as(boolean)
	}
	if e.typ.ID() != arrow.BOOL {
		return t.wrong(at, "TRUE or FALSE is wanted here, not %s", TypeName(e.typ))
	}
	return e
}

// condition demands a truth value as CASE does, for which Spark does not take a plain NULL.
func (t *translator) condition(e term, at int) term {
	if isVoid(e.typ) {
		return t.wrong(at, "TRUE or FALSE is wanted here, not NULL")
	}
	return t.boolean(e, at)
}

// logical keeps Spark's order of evaluation where the right side may fail.
func (t *translator) logical(op string, at int, l, r term) term {
	l, r = t.boolean(l, at), t.boolean(r, at)
	both := "(" + l.sql + " " + op + " " + r.sql + ")"
	if r.fails && !l.volatile && len(l.sql) <= maxTwice {
		if op == "AND" {
			both = "(CASE WHEN " + l.sql + " IS NOT DISTINCT FROM FALSE THEN FALSE ELSE " + both + " END)"
		} else {
			both = "(CASE WHEN " + l.sql + " THEN TRUE ELSE " + both + " END)"
		}
	}
	return t.bounded(made(both, boolean, at, l, r), maxChains)
}

var duckComparisons = map[string]string{"<=>": "IS NOT DISTINCT FROM", "==": "=", "!=": "<>"}

func (t *translator) compare(op string, at int, l, r term) term {
	both := t.comparable(at, t.castStrings([]term{l, r}))
	if duck, ok := duckComparisons[op]; ok {
		op = duck
	}
	return made("("+both[0].sql+" "+op+" "+both[1].sql+")", boolean, at, both...)
}

func (t *translator) between(e, low, high term, at int) term {
	all := t.comparable(at, []term{e, low, high})
	return made("("+all[0].sql+" BETWEEN "+all[1].sql+" AND "+all[2].sql+")", boolean, at, all...)
}

// in: x IN (a, b).
func (t *translator) in(e term, at int) term {
	t.want("(")
	if t.is("select") {
		return t.refuse("it has a subquery")
	}
	all := []term{e, t.expression()}
	for t.take(",") {
		all = append(all, t.expression())
	}
	t.want(")")
	all = t.comparable(at, all)
	list := make([]string, len(all)-1)
	for i, x := range all[1:] {
		list[i] = x.sql
	}
	return made("("+all[0].sql+" IN ("+strings.Join(list, ", ")+"))", boolean, at, all...)
}

// isTest: x IS [NOT] NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM y.
func (t *translator) isTest(e term, at int) term {
	not := ""
	if t.take("not") {
		not = "NOT "
	}
	switch {
	case t.take("null"):
		return made("("+e.sql+" IS "+not+"NULL)", boolean, at, e)
	case t.take("unknown"):
		e = t.boolean(e, at)
		return made("("+e.sql+" IS "+not+"NULL)", boolean, at, e)
	case t.is("true"), t.is("false"):
		e = t.boolean(e, at)
		word := strings.ToUpper(t.next().text)
		distinct := map[string]string{"": "NOT ", "NOT ": ""}[not]
		return made("("+e.sql+" IS "+distinct+"DISTINCT FROM "+word+")", boolean, at, e)
	case t.take("distinct", "from"):
		c := t.compare("<=>", at, e, t.comparison())
		if not == "" {
			return t.not(c, at)
		}
		return c
	}
	return t.wrong(t.peek().at, "NULL, TRUE, FALSE or DISTINCT FROM is wanted after IS, not %s", t.show(t.peek()))
}

// choice is CASE WHEN ... THEN ... ELSE ... END.
func (t *translator) choice(conditions, values []term, at int) term {
	values, typ := t.unite(at, values)
	var b strings.Builder
	b.WriteString("(CASE")
	for i, c := range conditions {
		if i < len(values) {
			b.WriteString(" WHEN " + c.sql + " THEN " + values[i].sql)
		}
	}
	if len(values) > len(conditions) {
		b.WriteString(" ELSE " + values[len(values)-1].sql)
	}
	b.WriteString(" END)")
	return t.bounded(made(b.String(), typ, at, append(values, conditions...)...), maxSQL)
}

// numbers demands numbers, of which one may be NULL.
func (t *translator) numbers(op string, at int, l, r term) bool {
	for _, e := range []term{l, r} {
		if isString(e.typ) {
			t.refuse("%s on a string; cast it", op)
			return false
		}
		if !isNumber(e.typ) && !isVoid(e.typ) {
			t.wrong(at, "%s on %s", op, TypeName(e.typ))
			return false
		}
	}
	return t.err == nil
}

func (t *translator) arithmetic(op string, at int, l, r term) term {
	if isMoment(l.typ) || isMoment(r.typ) {
		return t.momentArithmetic(op, at, l, r)
	}
	if !t.numbers(op, at, l, r) {
		return term{typ: void}
	}
	typ, _ := common(l.typ, r.typ)
	if isDecimal(l.typ) && !isFloating(r.typ) || isDecimal(r.typ) && !isFloating(l.typ) {
		return t.decimals(op, at, l, r)
	}
	if isVoid(typ) {
		typ = double
	}
	l, r = l.to(typ), r.to(typ)
	return t.bounded(failing(made("("+l.sql+" "+op+" "+r.sql+")", typ, at, l, r)), maxChains)
}

// decimals gives the type that Spark gives, where all digits fit.
func (t *translator) decimals(op string, at int, l, r term) term {
	l, r = asDecimal(l), asDecimal(r)
	if isVoid(l.typ) || isVoid(r.typ) {
		typ, _ := common(l.typ, r.typ)
		l, r = l.to(typ), r.to(typ)
	}
	w1, s1, _ := exact(l.typ)
	w2, s2, _ := exact(r.typ)
	p, s := max(w1, w2)+max(s1, s2)+1, max(s1, s2)
	if op == "*" {
		p, s = w1+s1+w2+s2+1, s1+s2
	}
	if p > maxDigits {
		return t.refuse("%s %s %s has more than %d digits; cast to a smaller DECIMAL or to DOUBLE", TypeName(l.typ), op, TypeName(r.typ), maxDigits)
	}
	return t.bounded(failing(made("CAST(("+l.sql+" "+op+" "+r.sql+") AS "+duckType(decimal(p, s))+")", decimal(p, s), at, l, r)), maxChains)
}

// asDecimal is a whole number as the decimal that Spark makes of it: of one in the text with as many digits as it has.
func asDecimal(e term) term {
	if !isInteger(e.typ) {
		return e.explicit()
	}
	p, _, _ := exact(e.typ)
	if e.literal != nil && e.typ.ID() != arrow.INT8 { // of a TINYINT Spark does not look at the digits
		p = int32(len(strings.TrimPrefix(*e.literal, "-")))
	}
	return e.as(decimal(p, 0))
}

func (t *translator) momentArithmetic(op string, at int, l, r term) term {
	if isInterval(l.typ) && op == "+" {
		l, r = r, l
	}
	switch {
	case !isMoment(l.typ) || op == "*":
		return t.wrong(at, "%s %s %s", TypeName(l.typ), op, TypeName(r.typ))
	case isMoment(r.typ):
		return t.refuse("a difference of moments is an interval; for days there is datediff()")
	case l.typ.ID() == arrow.DATE32 && isInteger(r.typ) && r.typ.ID() != arrow.INT64:
		return made("("+l.sql+" "+op+" "+r.as(integer).sql+")", date, at, failing(l), r)
	case !isInterval(r.typ):
		return t.wrong(at, "%s %s %s", TypeName(l.typ), op, TypeName(r.typ))
	case l.typ.ID() == arrow.DATE32 && r.literal != nil && *r.literal == "MICROSECOND":
		return t.refuse("a DATE with an interval of hours; cast it to TIMESTAMP")
	}
	return made("CAST(("+l.sql+" "+op+" "+r.sql+") AS "+duckType(l.typ)+")", l.typ, at, failing(l), r)
}

func failing(e term) term {
	e.fails = true
	return e
}

// nonZero guards a division: Spark's fails where both sides are there and the right one is zero.
func (t *translator) nonZero(quotient string, typ arrow.DataType, at int, l, r term) term {
	if !t.twice("a division", l, r) {
		return term{typ: void}
	}
	sql := "(CASE WHEN " + r.sql + " <> 0 THEN " + quotient + " WHEN " + r.sql + " = 0 AND " + l.sql + " IS NOT NULL THEN " +
		failure("division by zero of ", l.sql, typ) + " END)"
	return failing(made(sql, typ, at, l, r))
}

// failure is SQL that ends the query with a message that ends in a value.
func failure(message, value string, typ arrow.DataType) string {
	return "CAST(error(" + quote(Mark+message) + " || coalesce(CAST(" + value + " AS VARCHAR), 'NULL')) AS " + duckType(typ) + ")"
}

func (t *translator) divide(at int, l, r term) term {
	if !t.numbers("/", at, l, r) {
		return term{typ: void}
	}
	if (isDecimal(l.typ) || isDecimal(r.typ)) && !isFloating(l.typ) && !isFloating(r.typ) {
		return t.refuse("a division of DECIMALs rounds otherwise; cast to DOUBLE")
	}
	l, r = l.to(double), r.to(double)
	return t.nonZero("("+l.sql+" / "+r.sql+")", double, at, l, r)
}

func (t *translator) remainder(at int, l, r term) term {
	if !t.numbers("%", at, l, r) {
		return term{typ: void}
	}
	if isDecimal(l.typ) || isDecimal(r.typ) {
		return t.refuse("%% on DECIMAL; cast to BIGINT or DOUBLE")
	}
	typ, _ := common(l.typ, r.typ)
	if isVoid(typ) {
		typ = double
	}
	l, r = l.to(typ), r.to(typ)
	return t.nonZero("("+l.sql+" % "+r.sql+")", typ, at, l, r)
}

func (t *translator) integralDivide(at int, l, r term) term {
	if !t.numbers("div", at, l, r) {
		return term{typ: void}
	}
	if !isInteger(l.typ) && !isVoid(l.typ) || !isInteger(r.typ) && !isVoid(r.typ) {
		return t.refuse("div on other than integers")
	}
	l, r = l.to(bigint), r.to(bigint)
	return t.nonZero("("+l.sql+" // "+r.sql+")", bigint, at, l, r)
}

func (t *translator) bitwise(duck string, at int, l, r term) term {
	typ, ok := common(l.typ, r.typ)
	if !ok || !isInteger(typ) {
		return t.wrong(at, "bits of %s and %s", TypeName(l.typ), TypeName(r.typ))
	}
	l, r = l.to(typ), r.to(typ)
	if duck == "xor" {
		return made("xor("+l.sql+", "+r.sql+")", typ, at, l, r)
	}
	return made("("+l.sql+" "+duck+" "+r.sql+")", typ, at, l, r)
}

func (t *translator) unary(op string, at int, e term) term {
	if !t.numbers(op, at, e, e) {
		return term{typ: void}
	}
	switch {
	case op == "+":
		return e
	case op == "~" && !isInteger(e.typ):
		return t.wrong(at, "~ on %s", TypeName(e.typ))
	case op == "~":
		e = e.explicit()
		return made("(~"+e.sql+")", e.typ, at, e)
	case isVoid(e.typ):
		return e.as(double)
	}
	e = e.explicit()
	out := made("(-"+e.sql+")", e.typ, at, e)
	out.fails = true
	return out
}

// concat joins strings; what is none is cast.
func (t *translator) concat(l, r term, at int) term {
	if l.typ.ID() == arrow.BINARY && r.typ.ID() == arrow.BINARY {
		return made("("+l.sql+" || "+r.sql+")", binary, at, l, r)
	}
	l, r = t.castTo(l, str, false), t.castTo(r, str, false)
	return t.bounded(made("("+l.sql+" || "+r.sql+")", str, at, l, r), maxChains)
}
