package table

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// Defaults of WriteOptions.
const (
	DefaultTargetFileSize = 128 << 20
	DefaultMemoryBudget   = 128 << 20
	DefaultRowsPerSlot    = 128 << 10
)

// uploadsAtOnce bounds the files that wait for the store after they were encoded.
const uploadsAtOnce = 16

// WriteOptions say how rows become files. The zero value is good for most.
type WriteOptions struct {
	// MergeSchema adds columns and nested fields that the table has not, in the commit that adds the rows.
	MergeSchema bool
	// TargetFileSize in bytes ends a file; 0 is the table's delta.targetFileSize, else DefaultTargetFileSize.
	TargetFileSize int64
	// Parallelism is how many files of one partition value may be encoded at once; 0 is GOMAXPROCS.
	Parallelism int
	// RowsPerSlot is how many rows there must be for each file that is encoded at once, so that a
	// small write makes one file per partition value; 0 is DefaultRowsPerSlot.
	RowsPerSlot int64
	// MemoryBudget in bytes bounds the buffers of open files together: beyond it the biggest are closed
	// early. 0 is DefaultMemoryBudget.
	MemoryBudget int64
}

// WriteSet writes rows into data files that no version of the table has yet; Commit adds them. Write may
// be called by several goroutines; each encodes what it brings. Exactly one of Commit and Abort ends it.
type WriteSet struct {
	t      *Table
	base   *txlog.Snapshot // what the rows were checked against
	opts   WriteOptions
	props  txlog.Properties
	format fileFormat

	ctx    context.Context //nolint:containedctx // the life of the uploads, which outlast the calls that write
	cancel context.CancelCauseFunc

	free    chan *slot // not in use
	uploads errgroup.Group
	rows    atomic.Int64

	mu      sync.Mutex
	slots   []*slot
	bound   *binding
	boundTo *arrow.Schema
	target  *target
	keys    []string // of all files that were begun
	adds    []*action.Add
	closed  bool
	settled bool // the files are the table's, or nobody knows, or deleted
}

// NewWriteSet starts a write to the newest version that t knows. It reads and writes nothing yet.
// The values of ctx are used for the uploads, its end is not: Commit and Abort end them.
// Errors: *PinnedError; those of txlog/feature for tables that this version must not write.
func (t *Table) NewWriteSet(ctx context.Context, o WriteOptions) (*WriteSet, error) {
	base := t.Snapshot()
	if t.pinned {
		return nil, &PinnedError{Location: t.Location(), Version: base.Version()}
	}
	if err := base.CheckWrite(); err != nil {
		return nil, err
	}
	props := base.Properties()
	tgt, err := newTarget(base.Schema(), base.Metadata().PartitionColumns, props)
	if err != nil {
		return nil, err
	}
	w := &WriteSet{t: t, base: base, props: props, opts: o.withDefaults(props), format: newFileFormat(props), target: tgt}
	w.free = make(chan *slot, w.opts.Parallelism)
	w.uploads.SetLimit(uploadsAtOnce)
	w.ctx, w.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	return w, nil
}

func (o WriteOptions) withDefaults(props txlog.Properties) WriteOptions {
	if o.TargetFileSize <= 0 {
		o.TargetFileSize = DefaultTargetFileSize
		if n, set := props.TargetFileSize(); set {
			o.TargetFileSize = n
		}
	}
	if o.Parallelism <= 0 {
		o.Parallelism = runtime.GOMAXPROCS(0)
	}
	if o.RowsPerSlot <= 0 {
		o.RowsPerSlot = DefaultRowsPerSlot
	}
	if o.MemoryBudget <= 0 {
		o.MemoryBudget = DefaultMemoryBudget
	}
	return o
}

// Write adds rows. The batch stays the caller's. Columns are matched by name without regard to case,
// those missing become null, types are upcast where every value fits.
// Errors: *ExtraColumnsError, *MissingColumnError, *NotNullError, *schema.MergeError,
// *arrowmap.UnsupportedTypeError, *arrowmap.CastError, those of the store. After an error the write
// can only be aborted.
func (w *WriteSet) Write(ctx context.Context, rec arrow.RecordBatch) error {
	b, err := w.bind(rec.Schema())
	if err != nil {
		return w.fail(err)
	}
	if rec.NumRows() == 0 {
		return nil
	}
	rows, err := b.apply(ctx, rec)
	if err != nil {
		return w.fail(err)
	}
	defer rows.Release()
	s, err := w.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { w.free <- s }()
	if err := s.write(ctx, b.target, rows); err != nil {
		return w.fail(err)
	}
	w.rows.Add(rows.NumRows())
	return nil
}

// bind says how batches of an incoming schema become rows of the table, evolving its schema if need be.
func (w *WriteSet) bind(in *arrow.Schema) (*binding, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.boundTo == in && w.bound.target == w.target {
		return w.bound, nil
	}
	incoming, err := arrowmap.FromArrow(in)
	if err != nil {
		return nil, err
	}
	s, err := accept(w.target.schema, incoming, w.opts.MergeSchema)
	if err != nil {
		return nil, err
	}
	if s != w.target.schema {
		if err := s.CheckFileNames(); err != nil {
			return nil, err
		}
		if w.target, err = newTarget(s, w.target.partitionBy, w.props); err != nil {
			return nil, err
		}
	}
	w.boundTo, w.bound = in, bind(w.target, in)
	return w.bound, nil
}

// acquire takes a slot that nobody uses, or a new one where there are rows enough for it, or waits.
func (w *WriteSet) acquire(ctx context.Context) (*slot, error) {
	select {
	case s := <-w.free:
		return s, nil
	default:
	}
	if s := w.newSlot(); s != nil {
		return s, nil
	}
	select {
	case s := <-w.free:
		return s, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-w.ctx.Done():
		return nil, context.Cause(w.ctx)
	}
}

func (w *WriteSet) newSlot() *slot {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.slots); n >= w.opts.Parallelism || w.rows.Load() < int64(n)*w.opts.RowsPerSlot {
		return nil
	}
	s := &slot{set: w, files: map[string]*openFile{}, budget: w.opts.MemoryBudget / int64(w.opts.Parallelism)}
	w.slots = append(w.slots, s)
	return s
}

// fail ends the uploads with err and gives the first reason of all.
func (w *WriteSet) fail(err error) error {
	w.cancel(err)
	return context.Cause(w.ctx)
}

// close ends all files and waits until they are durable. No Write may run.
func (w *WriteSet) close(ctx context.Context) error {
	if w.closed {
		return context.Cause(w.ctx)
	}
	w.closed = true
	defer context.AfterFunc(ctx, func() { w.cancel(context.Cause(ctx)) })()
	var encoders sync.WaitGroup
	for _, s := range w.slots {
		encoders.Go(func() {
			if err := s.closeAll(); err != nil {
				w.cancel(err)
			}
		})
	}
	encoders.Wait()
	if err := w.uploads.Wait(); err != nil {
		w.cancel(err)
	}
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	slices.SortFunc(w.adds, func(a, b *action.Add) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// Abort gives the write up and deletes what it wrote, even when ctx has ended. After Commit it does
// nothing: Commit has settled what becomes of the files. No Write may run.
func (w *WriteSet) Abort(ctx context.Context) error {
	if w.settled {
		return nil
	}
	w.cancel(errAborted)
	for _, s := range w.slots {
		s.abort()
	}
	_ = w.uploads.Wait() // its error is the abort's, or one that Write gave
	return w.discard(ctx)
}

// discard deletes the files: only for those that are certainly in no commit.
func (w *WriteSet) discard(ctx context.Context) error {
	w.settled = true
	if len(w.keys) == 0 {
		return nil
	}
	return w.t.Store().Delete(context.WithoutCancel(ctx), w.keys...)
}
