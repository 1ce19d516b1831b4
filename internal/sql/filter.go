package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/predicate"
)

// Filter is a predicate of SQL text over one table's columns. It is safe for concurrent use.
type Filter struct {
	text  string
	prune predicate.Expr
	spark bool // translated, so that the rows that it fails at are known
	pool
}

var _ predicate.Filter = (*Filter)(nil)

// filtered is what the table is called in a filter's query: not as a column of structs would be, for then a.b is column b
// of table a and not field b of column a.
const filtered = "__the_table__"

// ParseFilter checks a predicate, such as the WHERE clause of a delete, against a table's schema. What is
// wrong with it is an *SQLError whose position is in text. The DB's Close ends the filter, if its own does not before.
func (db *DB) ParseFilter(ctx context.Context, text string, schema *arrow.Schema) (*Filter, error) {
	s, err := db.Session()
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	where, err := s.parsePredicate(ctx, text)
	if err != nil {
		return nil, err
	}
	rel, err := s.Register(ctx, filtered, schema)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rel.Close() }()
	st, err := s.Prepare(ctx, "SELECT "+text+"\nFROM "+filtered)
	if err != nil {
		return nil, within(err, "SELECT ", text, schema)
	}
	defer st.Close()
	if got := st.Schema().Fields(); len(got) != 1 || got[0].Type.ID() != arrow.BOOL {
		return nil, &SQLError{Message: fmt.Sprintf("a predicate is wanted, TRUE or FALSE for each row; %s is %s", text, got[0].Type)}
	}
	return db.newFilter(ctx, s, text, text, where, schema), nil
}

// newFilter makes a filter that is shown as text and runs as query, whose tree is where.
func (db *DB) newFilter(ctx context.Context, s *Session, text, query string, where node, schema *arrow.Schema) *Filter {
	p := &pruner{session: s, resolve: columnsIn(schema)}
	f := &Filter{text: text, prune: p.expr(ctx, where)}
	f.pool = pool{db: db, schema: used(where, schema), query: "SELECT " + query + "\nFROM " + filtered}
	db.own(f)
	return f
}

// parsePredicate gives the tree of a predicate, and refuses what is not one expression over one row.
func (s *Session) parsePredicate(ctx context.Context, text string) (node, error) {
	const before = "SELECT * FROM " + filtered + " WHERE "
	root, err := s.parse(ctx, before+text+"\n")
	if err != nil {
		return nil, within(err, before, text, nil)
	}
	where := root.child("where_clause")
	if root.text("type") != "SELECT_NODE" || where == nil || len(root.list("modifiers")) > 0 || len(root.list("group_expressions")) > 0 ||
		root.child("having") != nil || root.child("qualify") != nil || root.child("sample") != nil {
		return nil, &SQLError{Message: "a predicate is wanted, such as price > 10, and nothing after it"}
	}
	if err := s.db.loadFunctions(ctx, s); err != nil {
		return nil, err
	}
	where.walk(func(n node) bool {
		switch f := strings.ToLower(n.text("function_name")); {
		case n.text("class") == "SUBQUERY":
			err = &SQLError{Message: "a predicate over a table's rows cannot have a subquery"}
		case n.text("class") == "WINDOW" || n.text("class") == "FUNCTION" && s.db.functions.aggregate[f]:
			err = &SQLError{Message: fmt.Sprintf("a predicate over a table's rows cannot have %s(), which needs other rows", f)}
		}
		return err == nil
	})
	return where, err
}

// within makes the position of an error in before+text one in text, and names the columns that there are.
func within(err error, before, text string, schema *arrow.Schema) error {
	var e *SQLError
	if !errors.As(err, &e) {
		return err
	}
	if e.Line == 1 {
		e.Column -= len(before)
	}
	if lines := strings.Count(text, "\n") + 1; e.Line > lines {
		e.Line, e.Column = lines, utf8.RuneCountInString(text[strings.LastIndexByte(text, '\n')+1:])+1
	}
	return e.WithColumns(schema)
}

// used is the part of a schema that an expression may read.
func used(e node, schema *arrow.Schema) *arrow.Schema {
	var fields []arrow.Field
	for _, f := range schema.Fields() {
		found := false
		e.walk(func(n node) bool {
			found = found || n.text("class") == "STAR" ||
				n.text("class") == "COLUMN_REF" && slices.ContainsFunc(n.names("column_names"), func(s string) bool { return strings.EqualFold(s, f.Name) })
			return !found
		})
		if found {
			fields = append(fields, f)
		}
	}
	return arrow.NewSchema(fields, nil)
}

// String is the predicate's text.
func (f *Filter) String() string { return f.text }

// Prune is the part that statistics can decide.
func (f *Filter) Prune() predicate.Expr { return f.prune }

// Eval evaluates the predicate on each row.
func (f *Filter) Eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	keep, err := f.eval(ctx, rec)
	if err != nil && f.spark {
		return nil, f.blame(ctx, rec, err, f.text, "")
	}
	if err != nil {
		return nil, fmt.Errorf("filter %s: %w", f.text, err)
	}
	return keep, nil
}

func (f *Filter) eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(int(rec.NumRows()))
	err := f.run(ctx, rec, func(out arrow.RecordBatch) error {
		keep := out.Column(0).(*array.Boolean)
		for i := range keep.Len() {
			b.UnsafeAppend(keep.IsValid(i) && keep.Value(i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.NewBooleanArray(), nil
}

// Close gives back what the filter holds. It may be called more than once.
func (f *Filter) Close() error {
	f.db.disown(f)
	return f.pool.close()
}
