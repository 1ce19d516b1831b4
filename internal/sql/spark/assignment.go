package spark

import "strings"

// read makes a translator for grammar alone: it knows no columns.
func read(text string) (*translator, error) {
	all, err := tokens(text)
	if err != nil {
		return nil, err
	}
	return &translator{text: text, tokens: all}, nil
}

// Assignment splits col = expr. The column is its name, or the names of a field's path, as they stand in the text.
// Errors: *SyntaxError.
func Assignment(text string) (column []string, expr string, err error) {
	t, err := read(text)
	if err != nil {
		return nil, "", err
	}
	column = t.assigned()
	from := t.tokens[max(t.i-1, 0)].end
	if t.peek().kind == endOfText {
		t.wrong(from, "there is no expression after the =")
	}
	if t.err != nil {
		return nil, "", t.err
	}
	return column, strings.TrimSpace(text[from:]), nil
}

// assigned reads a column's names and the = after them.
func (t *translator) assigned() []string {
	path := t.path("an assignment is wanted, such as price = price * 2")
	if t.err == nil && !t.take("=") {
		t.wrong(t.peek().at, "an assignment is wanted, such as price = price * 2")
	}
	return path
}

// path reads names with dots between; wanted is the error where there are none.
func (t *translator) path(wanted string) []string {
	var path []string
	for {
		tok := t.next()
		if tok.kind != name && tok.kind != quoted {
			t.wrong(tok.at, "%s", wanted)
			return nil
		}
		if path = append(path, tok.text); !t.take(".") {
			return path
		}
	}
}
