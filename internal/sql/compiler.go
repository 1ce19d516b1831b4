package sql

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
)

// Compiler makes expressions of Spark's dialect executable, on a database of its own that it opens when it is first
// asked. It is safe for concurrent use.
type Compiler struct {
	opts Options
	now  func() time.Time

	mu     sync.Mutex
	db     *DB
	closed bool
}

var _ expression.Compiler = (*Compiler)(nil)

// NewCompiler makes a compiler. now is the clock of current_timestamp(), which has one value for all that one Filter
// or Projection computes, as it has for one statement in Spark; nil is the machine's.
func NewCompiler(opts Options, now func() time.Time) *Compiler {
	if now == nil {
		now = time.Now
	}
	return &Compiler{opts: opts, now: now}
}

// Close ends the compiler and all that it compiled.
func (c *Compiler) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.db == nil {
		return nil
	}
	db := c.db
	c.db = nil
	return db.Close()
}

func (c *Compiler) open() (*DB, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("SQL expressions: closed")
	}
	if c.db == nil {
		db, err := Open(c.opts)
		if err != nil {
			return nil, err
		}
		c.db = db
	}
	return c.db, nil
}

// Filter implements expression.Compiler. What is wrong with text is an *SQLError that says where, or
// an *expression.UnsupportedError. Evaluating it may give an *expression.ValueError.
func (c *Compiler) Filter(ctx context.Context, text string, schema *arrow.Schema) (predicate.Filter, error) {
	e, err := spark.Predicate(text, schema, spark.Options{Now: c.now()})
	if err != nil {
		return nil, inText(err, text)
	}
	db, err := c.open()
	if err != nil {
		return nil, err
	}
	s, err := db.Session()
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	where, err := s.parsePredicate(ctx, e.SQL)
	if err != nil {
		return nil, untranslated(text, err)
	}
	f := db.newFilter(ctx, s, text, e.SQL, where, schema)
	f.spark, f.schema = true, part(schema, e.Columns)
	if err := f.check(ctx); err != nil {
		return nil, errors.Join(untranslated(text, err), f.Close())
	}
	return f, nil
}

// Type implements expression.Compiler.
func (c *Compiler) Type(text string, schema *arrow.Schema) (arrow.DataType, error) {
	e, err := spark.Translate(text, schema, spark.Options{Now: c.now()})
	if err != nil {
		return nil, inText(err, text)
	}
	return e.Type, nil
}

// check prepares the query once.
func (p *pool) check(ctx context.Context) error {
	e, err := p.take(ctx)
	if err == nil {
		p.put(e)
	}
	return err
}

// part is the schema of some columns.
func part(schema *arrow.Schema, columns []string) *arrow.Schema {
	fields := make([]arrow.Field, 0, len(columns))
	for _, c := range columns {
		fields = append(fields, schema.Field(schema.FieldIndices(c)[0]))
	}
	return arrow.NewSchema(fields, nil)
}

// inText makes of a wrong expression an error that says where in its text.
func inText(err error, text string) error {
	var wrong *spark.SyntaxError
	if !errors.As(err, &wrong) {
		return err
	}
	e := &SQLError{Message: wrong.Message}
	e.locate(text, wrong.Offset)
	return e
}

// untranslated is an expression that DuckDB does not take as it was translated.
func untranslated(text string, err error) error {
	var e *SQLError
	if !errors.As(err, &e) {
		return err
	}
	return &expression.UnsupportedError{Text: text, Reason: e.Message}
}
