package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/predicate"
)

// Filter is a predicate of SQL text over one table's columns. It is safe for concurrent use.
type Filter struct {
	db     *DB
	text   string
	schema *arrow.Schema // of the columns that it reads
	prune  predicate.Expr

	mu     sync.Mutex
	idle   []*evaluator
	closed bool
}

var _ predicate.Filter = (*Filter)(nil)

// filtered is what the table is called in a filter's query.
const filtered = "the_table"

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
	p := &pruner{session: s, resolve: columnsIn(schema)}
	f := &Filter{db: db, text: text, schema: used(where, schema), prune: p.expr(ctx, where)}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.filters = append(db.filters, f)
	return f, nil
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

// Columns are the columns that the predicate reads, sorted.
func (f *Filter) Columns() []string {
	names := make([]string, f.schema.NumFields())
	for i, field := range f.schema.Fields() {
		names[i] = field.Name
	}
	slices.Sort(names)
	return names
}

// Prune is the part that statistics can decide.
func (f *Filter) Prune() predicate.Expr { return f.prune }

// Eval evaluates the predicate on each row.
func (f *Filter) Eval(ctx context.Context, rec arrow.RecordBatch) (*array.Boolean, error) {
	e, err := f.take(ctx)
	if err != nil {
		return nil, err
	}
	keep, err := e.eval(ctx, f.schema, rec)
	f.put(e)
	if err != nil {
		return nil, fmt.Errorf("filter %s: %w", f.text, err)
	}
	return keep, nil
}

// take gives an idle evaluator or a new one.
func (f *Filter) take(ctx context.Context) (*evaluator, error) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil, fmt.Errorf("filter %s: closed", f.text)
	}
	if n := len(f.idle); n > 0 {
		e := f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.mu.Unlock()
		return e, nil
	}
	f.mu.Unlock()
	s, err := f.db.Session()
	if err != nil {
		return nil, err
	}
	e := &evaluator{session: s}
	if e.rows, err = s.Register(ctx, filtered, f.schema); err == nil {
		e.stmt, err = s.Prepare(ctx, "SELECT "+f.text+"\nFROM "+filtered)
	}
	if err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (f *Filter) put(e *evaluator) {
	f.mu.Lock()
	if !f.closed {
		f.idle = append(f.idle, e)
		e = nil
	}
	f.mu.Unlock()
	if e != nil {
		e.close()
	}
}

// Close gives back what the filter holds. It may be called more than once.
func (f *Filter) Close() error {
	f.mu.Lock()
	idle := f.idle
	f.idle, f.closed = nil, true
	f.mu.Unlock()
	f.db.mu.Lock()
	f.db.filters = slices.DeleteFunc(f.db.filters, func(other *Filter) bool { return other == f })
	f.db.mu.Unlock()
	for _, e := range idle {
		e.close()
	}
	return nil
}

// evaluator is a session with the filter prepared over the columns that it reads.
type evaluator struct {
	session *Session
	rows    *Relation
	stmt    *Stmt
}

func (e *evaluator) close() {
	if e.stmt != nil {
		e.stmt.Close()
	}
	if e.rows != nil {
		_ = e.rows.Close()
	}
	_ = e.session.Close()
}

func (e *evaluator) eval(ctx context.Context, schema *arrow.Schema, rec arrow.RecordBatch) (*array.Boolean, error) {
	cols := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		at := rec.Schema().FieldIndices(f.Name)
		if len(at) != 1 {
			return nil, fmt.Errorf("the rows have column %q %d times", f.Name, len(at))
		}
		cols[i] = rec.Column(at[0])
	}
	fields := make([]arrow.Field, len(cols))
	for i, f := range schema.Fields() {
		fields[i] = arrow.Field{Name: f.Name, Type: cols[i].DataType(), Nullable: true}
	}
	part := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
	defer part.Release()
	if err := e.rows.Set(part); err != nil {
		return nil, err
	}
	defer e.rows.Set() //nolint:errcheck // fails for batches only
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(int(rec.NumRows()))
	for out, err := range e.stmt.Run(ctx) {
		if err != nil {
			return nil, err
		}
		keep := out.Column(0).(*array.Boolean)
		for i := range keep.Len() {
			b.UnsafeAppend(keep.IsValid(i) && keep.Value(i))
		}
		out.Release()
	}
	if b.Len() != int(rec.NumRows()) {
		return nil, fmt.Errorf("%d rows were filtered, not %d", b.Len(), rec.NumRows())
	}
	return b.NewBooleanArray(), nil
}
