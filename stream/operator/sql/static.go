package sql

import (
	"context"
	"iter"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table/predicate"
)

// statics are the static tables of a query: all of a batch reads the same version of each.
type statics struct {
	open  sql.OpenTable
	limit int64

	mu      sync.Mutex
	byRef   map[string]*static
	version int64 // counts up whenever one of them changes
}

// openTable is what the query's delta(...) calls: it opens a table once.
func (s *statics) openTable(ctx context.Context, ref sql.TableRef) (sql.TableSource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.byRef[ref.String()]; ok {
		return t, nil
	}
	source, err := s.open(ctx, ref)
	if err != nil {
		return nil, err
	}
	t := newStatic(ref, source, s.limit)
	s.byRef[ref.String()] = t
	return t, nil
}

// refresh looks for new versions. What has none is kept as it was read.
func (s *statics) refresh(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, t := range s.byRef {
		if t.ref.Version != nil || t.ref.Timestamp != nil {
			continue
		}
		source, err := s.open(ctx, t.ref)
		if err != nil {
			return err
		}
		if source.Version() != t.Version() {
			s.byRef[key] = newStatic(t.ref, source, s.limit)
			s.version++
			t.close()
		}
	}
	return nil
}

func (s *statics) current() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// large tells that a table does not fit in memory.
func (s *statics) large() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.byRef {
		if t.isLarge() {
			return true
		}
	}
	return false
}

func (s *statics) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.byRef {
		t.close()
	}
	clear(s.byRef)
}

// static is one version of a static table, which keeps what was read of it if that is small.
type static struct {
	sql.TableSource
	ref   sql.TableRef
	limit int64

	turn  chan struct{} // holds a token while nobody reads from storage
	mu    sync.Mutex
	kept  map[string][]arrow.RecordBatch // by columns and hint
	bytes int64
	large bool
}

func newStatic(ref sql.TableRef, source sql.TableSource, limit int64) *static {
	t := &static{TableSource: source, ref: ref, limit: limit, turn: make(chan struct{}, 1), kept: map[string][]arrow.RecordBatch{}}
	t.turn <- struct{}{}
	return t
}

func (t *static) isLarge() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.large
}

// Scan yields what is kept, or reads and keeps it.
func (t *static) Scan(ctx context.Context, columns []string, where predicate.Filter) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		key := strings.Join(columns, "\x00") + "\x00" + where.String()
		if batches, ok := t.find(key); ok {
			yieldAll(batches, yield)
			return
		}
		if t.isLarge() {
			for rec, err := range t.TableSource.Scan(ctx, columns, where) {
				if !yield(rec, err) {
					return
				}
			}
			return
		}
		select { // one reads, the others wait for what it has read
		case <-t.turn:
		case <-ctx.Done():
			yield(nil, context.Cause(ctx))
			return
		}
		done := sync.OnceFunc(func() { t.turn <- struct{}{} })
		defer done()
		if batches, ok := t.find(key); ok {
			done()
			yieldAll(batches, yield)
			return
		}
		t.read(key, t.TableSource.Scan(ctx, columns, where), done, yield)
	}
}

// find gives references of the caller's own.
func (t *static) find(key string) ([]arrow.RecordBatch, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	batches, ok := t.kept[key]
	for _, b := range batches {
		b.Retain()
	}
	return batches, ok
}

// yieldAll takes over batches. It tells whether more is wanted.
func yieldAll(batches []arrow.RecordBatch, yield func(arrow.RecordBatch, error) bool) bool {
	for i, b := range batches {
		if !yield(b, nil) {
			release(batches[i+1:])
			return false
		}
	}
	return true
}

func release(batches []arrow.RecordBatch) {
	for _, b := range batches {
		b.Release()
	}
}

// read yields the rows from storage, and keeps them if they are few. It calls done before the first, since
// whoever takes them may need those of another scan first, which waits.
func (t *static) read(key string, rows iter.Seq2[arrow.RecordBatch, error], done func(), yield func(arrow.RecordBatch, error) bool) {
	var batches []arrow.RecordBatch
	bytes, keep := int64(0), true
	for rec, err := range rows {
		switch {
		case err != nil:
			release(batches)
			yield(nil, err)
			return
		case !keep:
			if !yield(rec, nil) {
				return
			}
			continue
		}
		batches = append(batches, rec)
		if bytes += sizeOf(rec); t.fits(bytes) {
			continue
		}
		keep = false
		done()
		if !yieldAll(batches, yield) {
			return
		}
		batches = nil
	}
	if !keep {
		return
	}
	t.mu.Lock()
	t.kept[key] = batches
	t.bytes += bytes
	t.mu.Unlock()
	batches, _ = t.find(key)
	done()
	yieldAll(batches, yield)
}

// fits tells whether so much more may be kept; if not, the table is large from now on.
func (t *static) fits(bytes int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.large = t.large || t.bytes+bytes > t.limit
	return !t.large
}

func (t *static) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, batches := range t.kept {
		release(batches)
	}
	clear(t.kept)
}
