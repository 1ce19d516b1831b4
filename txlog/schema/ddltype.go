package schema

import "strings"

// ddlTypes are the SQL names of the types without parameters.
var ddlTypes = map[string]Primitive{
	"STRING": String, "BIGINT": Long, "LONG": Long, "INT": Integer, "INTEGER": Integer,
	"SMALLINT": Short, "SHORT": Short, "TINYINT": Byte, "BYTE": Byte, "FLOAT": Float, "REAL": Float,
	"DOUBLE": Double, "BOOLEAN": Boolean, "BINARY": Binary, "DATE": Date,
	"TIMESTAMP": Timestamp, "TIMESTAMP_LTZ": Timestamp, "TIMESTAMP_NTZ": TimestampNTZ,
	"VARIANT": Variant, "VOID": Void,
}

// refused are types of SQL that Delta has not, with what to write instead.
var refused = map[string]string{
	"CHAR": "STRING", "CHARACTER": "STRING", "VARCHAR": "STRING", "TEXT": "STRING",
	"INTERVAL": "BIGINT or STRING", "BLOB": "BINARY", "BYTEA": "BINARY", "BOOL": "BOOLEAN",
	"DATETIME": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMP", "INT64": "BIGINT", "INT32": "INT",
	"FLOAT64": "DOUBLE", "UUID": "STRING", "JSON": "STRING or a STRUCT", "TIME": "STRING",
}

func (p *parser) typ(depth int) (Type, error) {
	if depth > maxDepth {
		return nil, p.lex.fail(p.tok.pos, "types are nested too deeply")
	}
	if p.tok.kind != tokWord {
		return nil, p.lex.fail(p.tok.pos, "expected a type, found %s", p.tok)
	}
	at, word := p.tok, strings.ToUpper(p.tok.text)
	if err := p.advance(); err != nil {
		return nil, err
	}
	if t, ok := ddlTypes[word]; ok {
		return t, nil
	}
	switch word {
	case "DECIMAL", "DEC", "NUMERIC":
		return p.decimal(at)
	case "ARRAY":
		return p.array(depth)
	case "MAP":
		return p.mapping(depth)
	case "STRUCT":
		return p.structure(depth)
	}
	if use, ok := refused[word]; ok {
		return nil, p.lex.fail(at.pos, "%s is not a type of Delta tables; use %s", word, use)
	}
	return nil, p.lex.fail(at.pos, "unknown type %s", at)
}

func (p *parser) decimal(at token) (Type, error) {
	args, err := p.numbers()
	if err != nil {
		return nil, err
	}
	d := Decimal{10, 0}
	switch len(args) {
	case 0:
	case 1:
		d.Precision = args[0]
	case 2:
		d.Precision, d.Scale = args[0], args[1]
	default:
		return nil, p.lex.fail(at.pos, "a decimal has a precision and a scale, not %d numbers", len(args))
	}
	if err := d.check(); err != nil {
		return nil, p.lex.fail(at.pos, "%s: %v", d, err)
	}
	return d, nil
}

func (p *parser) array(depth int) (Type, error) {
	if err := p.expect("<"); err != nil {
		return nil, err
	}
	e, nullable, err := p.member(depth)
	if err != nil {
		return nil, err
	}
	return &Array{Element: e, ContainsNull: nullable}, p.expect(">")
}

func (p *parser) mapping(depth int) (Type, error) {
	if err := p.expect("<"); err != nil {
		return nil, err
	}
	k, err := p.typ(depth + 1)
	if err != nil {
		return nil, err
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	v, nullable, err := p.member(depth)
	if err != nil {
		return nil, err
	}
	return &Map{Key: k, Value: v, ValueContainsNull: nullable}, p.expect(">")
}

// member reads the type of an element or a value, and whether it may be null.
func (p *parser) member(depth int) (Type, bool, error) {
	t, err := p.typ(depth + 1)
	if err != nil || !p.isWord("NOT") {
		return t, true, err
	}
	return t, false, p.notNull()
}

func (p *parser) structure(depth int) (Type, error) {
	if err := p.expect("<"); err != nil {
		return nil, err
	}
	s, err := p.columns(depth)
	if err != nil {
		return nil, err
	}
	return s, p.expect(">")
}
