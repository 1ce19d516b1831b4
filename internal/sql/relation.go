package sql

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Relation is Arrow rows under a name, as one session sees them.
type Relation struct {
	session *Session
	name    string
	id      int64
	columns *arrow.Schema

	mu      sync.Mutex
	batches []arrow.RecordBatch
	pins    *runtime.Pinner // of their strings
	threads int
}

// noColumns stands in where rows have none, for DuckDB knows no such table.
const noColumns = "no_columns"

// Register makes a relation without rows yet that queries of s find by name, such as "input". Its columns
// are those of schema, which may have utf8 and binary columns dictionary-encoded.
func (s *Session) Register(ctx context.Context, name string, schema *arrow.Schema) (*Relation, error) {
	for _, f := range schema.Fields() {
		t, err := duckType(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q of %s: %w", f.Name, name, err)
		}
		duckdb.DestroyLogicalType(&t)
	}
	if schema.NumFields() == 0 {
		schema = arrow.NewSchema([]arrow.Field{{Name: noColumns, Type: arrow.Null, Nullable: true}}, nil)
	}
	r := &Relation{session: s, name: name, columns: schema, pins: new(runtime.Pinner), threads: 1}
	s.db.mu.Lock()
	s.db.relation++
	r.id = s.db.relation
	s.db.rows[r.id] = r
	s.db.mu.Unlock()
	if err := s.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS FROM %s(%d)", quote(name), rowsFunction, r.id)); err != nil {
		r.forget()
		return nil, err
	}
	return r, nil
}

// Set makes batches the rows, in place of those before, retaining them. Each may be read any number
// of times by a query, by several threads. It must not be called while a query of the session runs.
func (r *Relation) Set(batches ...arrow.RecordBatch) error {
	for _, b := range batches {
		if err := r.check(b); err != nil {
			return err
		}
	}
	pins := new(runtime.Pinner)
	for _, b := range batches {
		b.Retain()
		pin(pins, b)
	}
	r.mu.Lock()
	old, unpin := r.batches, r.pins
	r.batches, r.pins = append([]arrow.RecordBatch(nil), batches...), pins
	r.mu.Unlock()
	unpin.Unpin()
	for _, b := range old {
		b.Release()
	}
	return nil
}

// Parallel lets n threads read the rows; with 1, as it is at first, rows keep their order.
func (r *Relation) Parallel(n int) { r.threads = max(n, 1) }

func (r *Relation) check(b arrow.RecordBatch) error {
	if len(r.columns.Fields()) == 1 && r.columns.Field(0).Name == noColumns && b.NumCols() == 0 {
		return nil
	}
	if int(b.NumCols()) != r.columns.NumFields() {
		return fmt.Errorf("%s has %d columns, the batch %d", r.name, r.columns.NumFields(), b.NumCols())
	}
	for i, f := range r.columns.Fields() {
		if got := b.Column(i).DataType(); !arrow.TypeEqual(plain(f.Type), plain(got)) {
			return fmt.Errorf("column %q of %s is %s, in the batch %s", f.Name, r.name, f.Type, got)
		}
	}
	return nil
}

// plain is the type of what a dictionary encodes.
func plain(dt arrow.DataType) arrow.DataType {
	if d, ok := dt.(*arrow.DictionaryType); ok {
		return d.ValueType
	}
	return dt
}

// Close releases the rows and takes the name away.
func (r *Relation) Close() error {
	err := r.session.Exec(context.Background(), "DROP VIEW IF EXISTS temp."+quote(r.name))
	r.forget()
	return err
}

func (r *Relation) forget() {
	r.Set() //nolint:errcheck // fails for batches only
	r.session.db.mu.Lock()
	delete(r.session.db.rows, r.id)
	r.session.db.mu.Unlock()
}

func quote(identifier string) string {
	return `"` + strings.ReplaceAll(identifier, `"`, `""`) + `"`
}

func (r *Relation) schema() *arrow.Schema { return r.columns }

func (r *Relation) numRows() (n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.batches) == 0 {
		return -1 // they are yet to come
	}
	for _, b := range r.batches {
		n += b.NumRows()
	}
	return n
}

func (r *Relation) open(_ context.Context, columns []int) (reader, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &memoryReader{batches: r.batches, columns: columns}, r.threads
}

// memoryReader deals out batches that the relation keeps alive.
type memoryReader struct {
	columns []int

	mu      sync.Mutex
	batches []arrow.RecordBatch // yet to read
	from    int                 // row of the first
}

// morselRows is how many rows a thread takes at a time.
const morselRows = 16 * vectorSize

func (m *memoryReader) next() (morsel, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.batches) > 0 {
		b := m.batches[0]
		from, to := m.from, min(m.from+morselRows, int(b.NumRows()))
		m.from = to
		if to == int(b.NumRows()) {
			m.batches, m.from = m.batches[1:], 0
		}
		if from < to {
			b.Retain()
			return morsel{rec: b, columns: m.columns, from: from, to: to}, nil
		}
	}
	return morsel{}, nil
}

func (m *memoryReader) close() {}
