package spark

import (
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// Expr is a translated expression. Its SQL names columns as the schema's fields are, and has no table's name.
type Expr struct {
	SQL  string
	Type arrow.DataType
	// Columns are the fields of the schema that it reads, sorted.
	Columns []string
	// Path names the column or field that the expression is, and nothing more; nil for any other.
	Path []string
}

// Options shape a translation.
type Options struct {
	// Now is what current_timestamp() and current_date() are, the same for every row as in Spark.
	Now time.Time
}

// Bounds on what a text may demand.
const (
	maxDepth  = 100
	maxSQL    = 1 << 20
	maxTwice  = 8 << 10 // of what stands several times in a guard
	maxChains = 1 << 16 // of an operand of a chain, each link of which copies those before it
)

// term is a part of the expression.
type term struct {
	sql      string
	typ      arrow.DataType
	at       int
	literal  *string  // the value of a constant that stands in the text as such, a number in digits
	path     []string // of a column or field
	alias    string   // what Spark calls a column or field, as the field of a struct
	volatile bool     // has another value each time
	fails    bool     // may end the query, so that it is not to be evaluated where Spark would not
}

type translator struct {
	text    string
	tokens  []token
	i       int
	scope   scope
	opts    Options
	columns map[string]bool
	depth   int
	// operands are those of the topmost ANDs, or all of the text.
	operands []span
	err      error
}

func newTranslator(text string, schema *arrow.Schema, o Options) (*translator, error) {
	all, err := tokens(text)
	if err != nil {
		return nil, err
	}
	return &translator{text: text, tokens: all, scope: newScope(schema), opts: o, columns: map[string]bool{}}, nil
}

// Translate translates one expression over rows of a schema. Errors: *SyntaxError, *expression.UnsupportedError.
func Translate(text string, schema *arrow.Schema, o Options) (*Expr, error) {
	return translate(text, schema, o, func(_ *translator, e term) term { return e })
}

// Predicate is Translate for an expression that must be TRUE, FALSE or NULL.
func Predicate(text string, schema *arrow.Schema, o Options) (*Expr, error) {
	return translate(text, schema, o, func(t *translator, e term) term {
		if isVoid(e.typ) {
			return e.as(boolean)
		}
		if e.typ.ID() != arrow.BOOL {
			return t.wrong(0, "a predicate is wanted, TRUE or FALSE for each row; this is %s", TypeName(e.typ))
		}
		return e
	})
}

// Assign is Translate for an expression whose value goes to a column of type to. It is cast as Spark assigns (ANSI
// store assignment): between numbers, dates and timestamps and to text, where the value fits.
func Assign(text string, to arrow.DataType, schema *arrow.Schema, o Options) (*Expr, error) {
	return translate(text, schema, o, func(t *translator, e term) term {
		if e = t.assign(e, to); e.path == nil && t.err == nil {
			return e.as(to) // DuckDB makes an untyped NULL of what it knows to be NULL
		}
		return e
	})
}

func translate(text string, schema *arrow.Schema, o Options, end func(*translator, term) term) (*Expr, error) {
	t, err := newTranslator(text, schema, o)
	if err != nil {
		return nil, err
	}
	if t.peek().kind == endOfText {
		return nil, &SyntaxError{Message: "there is no expression"}
	}
	e := t.expression()
	t.wantEnd()
	if t.err == nil {
		e = end(t, e)
	}
	if t.err == nil && isInterval(e.typ) {
		t.refuse("its value is an interval, which no column holds here")
	}
	if t.err != nil {
		return nil, t.err
	}
	columns := make([]string, 0, len(t.columns))
	for c := range t.columns {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	return &Expr{SQL: e.sql, Type: e.typ, Columns: columns, Path: e.path}, nil
}

// peek is the token at hand. After an error it is the end.
func (t *translator) peek() token {
	if t.err != nil {
		return t.tokens[len(t.tokens)-1]
	}
	return t.tokens[t.i]
}

func (t *translator) next() token {
	tok := t.peek()
	if t.i < len(t.tokens)-1 {
		t.i++
	}
	return tok
}

// is tells that the tokens at hand are these keywords and symbols.
func (t *translator) is(words ...string) bool {
	if t.err != nil || t.i+len(words) >= len(t.tokens) {
		return false
	}
	for i, w := range words {
		tok := t.tokens[t.i+i]
		if tok.kind != name && tok.kind != symbol || !strings.EqualFold(tok.text, w) {
			return false
		}
	}
	return true
}

// take goes past the words, if they are at hand.
func (t *translator) take(words ...string) bool {
	if !t.is(words...) {
		return false
	}
	t.i += len(words)
	return true
}

func (t *translator) want(word string) {
	if !t.take(word) {
		t.wrong(t.peek().at, "%s is wanted, not %s", word, t.show(t.peek()))
	}
}

func (t *translator) show(tok token) string {
	if tok.kind == endOfText {
		return "the end"
	}
	return `"` + t.text[tok.at:tok.end] + `"`
}

// enter guards against expressions nested so deep, or grown so long, that they exhaust the stack or memory.
func (t *translator) enter(at int) bool {
	if t.depth++; t.depth > maxDepth {
		t.wrong(at, "the expression is nested too deep")
	}
	return t.err == nil
}

func (t *translator) leave(e term) term {
	t.depth--
	return t.bounded(e, maxSQL)
}

// bounded refuses what has grown longer than limit.
func (t *translator) bounded(e term, limit int) term {
	if len(e.sql) > limit {
		return t.refuse("it becomes too long")
	}
	return e
}

// twice says whether e may stand several times in what is made of it: each time would have another value, or it would
// grow without bounds. what names it in the refusal.
func (t *translator) twice(what string, terms ...term) bool {
	for _, e := range terms {
		if e.volatile {
			t.refuse("%s of what differs each time", what)
		}
		t.bounded(e, maxTwice)
	}
	return t.err == nil
}
