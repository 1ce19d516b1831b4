package sql

import (
	"context"
	"runtime"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// vectorSize is the most rows that DuckDB takes at a time (STANDARD_VECTOR_SIZE).
const vectorSize = 2048

// source is what a table function reads: bound once for a prepared query, opened for each run.
type source interface {
	schema() *arrow.Schema
	// numRows estimates the rows, -1 where nothing is known.
	numRows() int64
	// open begins a run that reads columns, by their number in schema, with so many threads at most.
	// columns may be empty where only the number of rows is asked.
	open(ctx context.Context, columns []int) (r reader, threads int)
}

// reader is one run over a source. next is called by several threads at once.
type reader interface {
	next() (morsel, error) // one without rec at the end
	close()
}

// morsel is rows [from, to) of rec, whose strings are pinned. Whoever gets it releases it.
type morsel struct {
	rec      arrow.RecordBatch
	pins     *runtime.Pinner // of its own; nil where the source has pinned rec for as long as it is read
	columns  []int           // where in rec the columns are that open asked for
	from, to int
}

func (m morsel) release() {
	if m.pins != nil {
		m.pins.Unpin()
	}
	if m.rec != nil {
		m.rec.Release()
	}
}

// binding is what DuckDB keeps for a use of a table function in a prepared query.
type binding struct {
	source  source
	session *Session
}

// scan is one run of a binding.
type scan struct {
	binding *binding
	reader  reader
	outputs []int // the column of open's that each output vector takes; -1: none, only the rows count
}

// start opens the source for the columns that DuckDB wants, given by their number or as beyond any number where
// it wants just rows.
func (b *binding) start(wanted []uint64) (*scan, int) {
	s := &scan{binding: b}
	var columns []int
	for _, w := range wanted {
		if w >= uint64(b.source.schema().NumFields()) {
			s.outputs = append(s.outputs, -1)
			continue
		}
		s.outputs = append(s.outputs, len(columns))
		columns = append(columns, int(w))
	}
	var threads int
	s.reader, threads = b.source.open(b.session.context(), columns)
	return s, threads
}

// worker is the part of a scan that one thread of DuckDB runs.
type worker struct {
	scan *scan
	now  morsel
	// before is kept until now is read, since what DuckDB was given of it may still be on its way.
	before morsel

	mu sync.Mutex // DuckDB may end the scan from another thread
}

// fill puts the next rows into chunk and gives their number, 0 at the end.
func (w *worker) fill(chunk duckdb.DataChunk) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.now.from == w.now.to {
		m, err := w.scan.reader.next()
		if err != nil || m.rec == nil {
			return 0, err
		}
		w.before.release()
		w.before, w.now = w.now, m
	}
	n := min(vectorSize, w.now.to-w.now.from)
	for i, c := range w.scan.outputs {
		if c < 0 || len(w.now.columns) == 0 {
			continue
		}
		vec := duckdb.DataChunkGetVector(chunk, duckdb.IdxT(i))
		if col := w.now.columns[c]; int64(col) < w.now.rec.NumCols() {
			if err := writeVector(vec, w.now.rec.Column(col), w.now.from, n); err != nil {
				return 0, err
			}
		} else {
			clear(writableMask(vec, n))
		}
	}
	w.now.from += n
	return n, nil
}

func (w *worker) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before.release()
	w.now.release()
	w.before, w.now = morsel{}, morsel{}
}
