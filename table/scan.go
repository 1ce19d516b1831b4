package table

import (
	"context"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// DefaultBatchSize is how many rows a batch of a scan has at most.
const DefaultBatchSize = 32 << 10

// ScanOptions say what a scan reads. The zero value reads everything.
type ScanOptions struct {
	// Columns are the top-level columns that come, in this order, matched without regard to case.
	// Nil is all columns; an empty list gives batches that have only a number of rows.
	Columns []string
	// Where keeps the rows for which it is true; nil keeps all.
	Where predicate.Filter
	// Parallelism is how many files are read at once; 0 is GOMAXPROCS. With 1 rows come in the order of the
	// files in the log and of the rows in the files; else in any.
	Parallelism int
	// BatchSize is the largest number of rows of a batch; 0 is DefaultBatchSize.
	BatchSize int64
	// Only are the positions of the rows that are wanted of the file that [Table.ScanFile] reads; nil is all. What holds none
	// of them, row groups and the pages of most columns, is not decoded. It is not for Scan, which has no one file.
	Only *deletionvector.Bitmap
	// RowTracking asks ScanFile for row ids and row commit versions. Scan has no place for them.
	RowTracking bool
	// Sequences asks ScanFile for the sequences of the changes that rows come from.
	Sequences bool
	// changeTypes asks ScanFile for what happened to the rows of a file of the change data feed.
	changeTypes bool
	// Metrics, where set, counts while the scan runs.
	Metrics *ScanMetrics
}

// ScanMetrics counts what a scan did. It may be read at any time.
type ScanMetrics struct {
	Files            atomic.Int64 // live files
	FilesSkipped     atomic.Int64 // of them, ruled out by partition values or statistics
	RowGroups        atomic.Int64 // in the files that were read, with rows that may be wanted by their positions
	RowGroupsSkipped atomic.Int64 // of them, ruled out by the statistics in the file
	RowsDeleted      atomic.Int64 // by deletion vectors, in what was read
	RowsRead         atomic.Int64 // that are not deleted, before Where
	Rows             atomic.Int64 // that came out
}

// Scan yields the rows of the version that t stands at. Batches are the caller's to release; their
// schema is that of [Table.ScanSchema]. The first error ends the sequence. At most a few batches per reader are in memory.
// Errors: *ColumnNotFoundError, *MissingFileError, those of the store, the log, the files and Where.
func (t *Table) Scan(ctx context.Context, o ScanOptions) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		p, err := t.newScan(t.Snapshot(), o)
		if err != nil {
			yield(nil, err)
			return
		}
		if p.o.Parallelism == 1 {
			p.inOrder(ctx, yield)
			return
		}
		p.inParallel(ctx, yield)
	}
}

// ScanSchema is the Arrow schema of the batches that Scan yields: the table's types as package
// arrowmap has them. Errors: *ColumnNotFoundError.
func (t *Table) ScanSchema(o ScanOptions) (*arrow.Schema, error) {
	return t.ScanSchemaOf(t.Snapshot(), o)
}

// ScanSchemaOf is ScanSchema for a scan of s, as [Table.ScanFile] and [Table.ScanChangeFile] make it.
func (t *Table) ScanSchemaOf(s *txlog.Snapshot, o ScanOptions) (*arrow.Schema, error) {
	p, err := t.newScan(s, o)
	if err != nil {
		return nil, err
	}
	return p.out, nil
}

func (o ScanOptions) withDefaults() ScanOptions {
	if o.Parallelism <= 0 {
		o.Parallelism = runtime.GOMAXPROCS(0)
	}
	if o.BatchSize <= 0 {
		o.BatchSize = DefaultBatchSize
	}
	if o.Metrics == nil {
		o.Metrics = &ScanMetrics{}
	}
	return o
}

// files yields the files that the scan has to read.
func (p *scan) files(ctx context.Context) iter.Seq2[*action.Add, error] {
	return func(yield func(*action.Add, error) bool) {
		for add, err := range p.snap.Files(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			p.o.Metrics.Files.Add(1)
			skip, err := p.prune.skips(add)
			if err != nil {
				yield(nil, err)
				return
			}
			if skip {
				p.o.Metrics.FilesSkipped.Add(1)
				continue
			}
			if !yield(add, nil) {
				return
			}
		}
	}
}

func (p *scan) inOrder(ctx context.Context, yield func(arrow.RecordBatch, error) bool) {
	for add, err := range p.files(ctx) {
		if err != nil {
			yield(nil, err)
			return
		}
		for rows, err := range p.read(ctx, add) {
			if !yield(rows.Rec, err) || err != nil {
				return
			}
		}
	}
}

// inParallel reads several files at once; the goroutines have ended when it returns.
func (p *scan) inParallel(ctx context.Context, yield func(arrow.RecordBatch, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	work := make(chan *action.Add)
	out := make(chan arrow.RecordBatch, p.o.Parallelism)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(work)
		for add, err := range p.files(ctx) {
			if err != nil {
				return err
			}
			select {
			case work <- add:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range p.o.Parallelism {
		g.Go(func() error { return p.reader(ctx, work, out) })
	}
	done := make(chan error, 1)
	go func() {
		err := g.Wait()
		close(out)
		done <- err
	}()
	defer func() {
		cancel()
		for rec := range out {
			rec.Release()
		}
	}()
	for rec := range out {
		if !yield(rec, nil) {
			return
		}
	}
	if err := <-done; err != nil {
		yield(nil, err)
	}
}

func (p *scan) reader(ctx context.Context, work <-chan *action.Add, out chan<- arrow.RecordBatch) error {
	for add := range work {
		for rows, err := range p.read(ctx, add) {
			if err != nil {
				return err
			}
			select {
			case out <- rows.Rec:
			case <-ctx.Done():
				rows.Release()
				return ctx.Err()
			}
		}
	}
	return nil
}
