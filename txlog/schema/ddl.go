package schema

import (
	"strconv"
	"strings"
)

// ParseDDL reads columns as in CREATE TABLE: "id BIGINT NOT NULL, tags ARRAY<STRUCT<a: INT>> COMMENT 'x'".
//
// Types have all of Spark's spellings, in any case; the type follows the name after white space or
// a colon; names other than letters, digits and _ stand in `backquotes`. "-- text" is a comment.
// Beyond Spark, NOT NULL may follow the element of an array and the value of a map. A "struct<...>"
// alone is its columns. A column of the table, not a field, may have DEFAULT expression, GENERATED
// ALWAYS AS (expression) and GENERATED {ALWAYS | BY DEFAULT} AS IDENTITY [(START WITH n INCREMENT BY
// n)]; expressions are kept as text. Collations, CHAR and VARCHAR are refused by name. The result has passed [Struct.Check]. Errors: *DDLError, *InvalidError.
func ParseDDL(ddl string) (*Struct, error) {
	p, err := newParser(ddl)
	if err != nil {
		return nil, err
	}
	s, err := p.table()
	if err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if len(s.Fields) == 0 {
		return nil, p.lex.fail(0, "no columns")
	}
	return s, s.Check()
}

// ParseType reads a single type, such as "map<string,decimal(10,2)>". Errors: *DDLError.
func ParseType(ddl string) (Type, error) {
	p, err := newParser(ddl)
	if err != nil {
		return nil, err
	}
	t, err := p.typ(0)
	if err != nil {
		return nil, err
	}
	return t, p.end()
}

type parser struct {
	lex lexer
	tok token
}

func newParser(ddl string) (*parser, error) {
	p := &parser{lex: lexer{src: ddl}}
	return p, p.advance()
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) end() error {
	if p.tok.kind != tokEnd {
		return p.lex.fail(p.tok.pos, "expected ',' or the end, found %s", p.tok)
	}
	return nil
}

// table reads columns, or one struct type that holds them.
func (p *parser) table() (*Struct, error) {
	saved := *p
	if p.isWord("STRUCT") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.isPunct("<") {
			t, err := p.structure(0)
			if err != nil {
				return nil, err
			}
			return t.(*Struct), nil
		}
		*p = saved // a column of that name
	}
	return p.columns(0)
}

func (p *parser) isPunct(s string) bool { return p.tok.kind == tokPunct && p.tok.text == s }

func (p *parser) isWord(w string) bool {
	return p.tok.kind == tokWord && strings.EqualFold(p.tok.text, w)
}

func (p *parser) expect(s string) error {
	if !p.isPunct(s) {
		return p.lex.fail(p.tok.pos, "expected '%s', found %s", s, p.tok)
	}
	return p.advance()
}

// columns reads fields up to the end or a closing '>'.
func (p *parser) columns(depth int) (*Struct, error) {
	s := &Struct{}
	if p.isPunct(">") || p.tok.kind == tokEnd {
		return s, nil
	}
	for {
		f, err := p.column(depth)
		if err != nil {
			return nil, err
		}
		s.Fields = append(s.Fields, f)
		if !p.isPunct(",") {
			return s, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

func (p *parser) column(depth int) (Field, error) {
	if p.tok.kind != tokWord && p.tok.kind != tokQuoted {
		return Field{}, p.lex.fail(p.tok.pos, "expected the name of a column, found %s", p.tok)
	}
	f := Field{Name: p.tok.text, Nullable: true}
	if err := p.advance(); err != nil {
		return f, err
	}
	if p.isPunct(":") {
		if err := p.advance(); err != nil {
			return f, err
		}
	}
	var err error
	if f.Type, err = p.typ(depth + 1); err != nil {
		return f, err
	}
	return f, p.constraints(&f, depth)
}

// constraints reads what may follow the type of a column.
func (p *parser) constraints(f *Field, depth int) error {
	for p.tok.kind == tokWord {
		at, word := p.tok, strings.ToUpper(p.tok.text)
		var err error
		switch word {
		case "NOT":
			f.Nullable, err = false, p.notNull()
		case "COMMENT":
			err = p.comment(f)
		case "DEFAULT", "GENERATED":
			if depth > 0 {
				return p.lex.fail(at.pos, "%s is for columns of the table, and %s is a field of one", word, f.Name)
			}
			if computed(f) {
				return p.lex.fail(at.pos, "column %s has more than one of DEFAULT and GENERATED", f.Name)
			}
			if word == "DEFAULT" {
				err = p.defaulted(f)
			} else {
				err = p.generated(f)
			}
		case "COLLATE":
			return p.lex.fail(at.pos, "column %s: %s is not supported", f.Name, word)
		default:
			return p.lex.fail(at.pos, "expected ',', NOT NULL, COMMENT, DEFAULT, GENERATED or the end after column %s, found %s", f.Name, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) comment(f *Field) error {
	if err := p.advance(); err != nil {
		return err
	}
	if p.tok.kind != tokString {
		return p.lex.fail(p.tok.pos, "expected the text of the comment in quotes, found %s", p.tok)
	}
	*f = f.WithText("comment", p.tok.text)
	return p.advance()
}

func (p *parser) notNull() error {
	if err := p.advance(); err != nil {
		return err
	}
	if !p.isWord("NULL") {
		return p.lex.fail(p.tok.pos, "expected NULL after NOT, found %s", p.tok)
	}
	return p.advance()
}

// numbers reads "(1, 2)", if it is there.
func (p *parser) numbers() ([]int, error) {
	if !p.isPunct("(") {
		return nil, nil
	}
	var out []int
	for {
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(p.tok.text)
		if err != nil || p.tok.kind != tokWord {
			return nil, p.lex.fail(p.tok.pos, "expected a number, found %s", p.tok)
		}
		out = append(out, n)
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.isPunct(",") {
			return out, p.expect(")")
		}
	}
}
