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

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
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
	// Violations, where it is set, is given the rows of Write that the table does not take, and the others are
	// written; an error that it returns fails the write. It may be called by several goroutines. Where it is
	// nil, the first such row fails the write.
	Violations func(context.Context, Violation) error
}

// WriteSet writes rows into data files that no version of the table has yet; Commit adds them. Write may
// be called by several goroutines; each encodes what it brings. Exactly one of Commit and Abort ends it.
type WriteSet struct {
	t      *Table
	base   *txlog.Snapshot // what the rows were checked against
	shape  *shape          // of the table that the rows are for: that of base, or of what replaces it
	opts   WriteOptions
	format fileFormat
	feed   bool // files are change data, not part of the table

	ctx    context.Context //nolint:containedctx // the life of the uploads, which outlast the calls that write
	cancel context.CancelCauseFunc

	free    chan *slot // not in use
	uploads errgroup.Group
	rows    atomic.Int64

	mu      sync.Mutex
	slots   []*slot
	bound   [rowKinds]bound // by kind of rows
	start   *schema.Struct  // the schema before rows have added to it
	target  *target
	hidden  map[hiddenTarget]*target
	only    *onlyRows
	replace bool     // target takes the place of the schema of base
	maxID   int64    // delta.columnMapping.maxColumnId with what the rows have added
	keys    []string // of all files that were begun
	adds    []*action.Add
	// sequences give the values of identity columns, by folded name; compiled are to be closed at the end.
	sequences map[string]*sequence
	compiled  []func() error
	closed    bool
	settled   bool // the files are the table's, or nobody knows, or deleted
}

// bound is the binding of the schema that batches came with last.
type bound struct {
	in *arrow.Schema
	to *binding
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
	return t.newWriteSet(ctx, base, base.Schema(), shapeOf(base), o)
}

// newWriteSet starts a write of rows for a table of that schema and shape.
func (t *Table) newWriteSet(ctx context.Context, base *txlog.Snapshot, s *schema.Struct, sh *shape, o WriteOptions) (*WriteSet, error) {
	tgt, err := newTarget(s, sh)
	if err != nil {
		return nil, err
	}
	w := &WriteSet{t: t, base: base, shape: sh, opts: o.withDefaults(sh.props), format: newFileFormat(sh.props), target: tgt, start: s}
	w.maxID = max(sh.props.MaxColumnID(), s.MaxFieldID())
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
// types are upcast where every value fits. Those missing have their default, are generated, or become null.
// Errors: *ExtraColumnsError, *MissingColumnError, *NotNullError, *InvalidTextError, *ConstraintError, *GeneratedColumnError,
// *IdentityColumnError, *IdentityOverflowError, *NoExpressionsError, *schema.MergeError,
// *arrowmap.UnsupportedTypeError, *arrowmap.CastError, those of the compiler and of the store. After an
// error the write can only be aborted.
func (w *WriteSet) Write(ctx context.Context, rec arrow.RecordBatch) error {
	return w.write(ctx, rec, newRows, along{})
}

// store encodes rows that b has made fit.
func (w *WriteSet) store(ctx context.Context, rows arrow.RecordBatch, b *binding, with along) error {
	set := w.hiddenOf(b.kind, with.Hidden)
	files, err := w.filesOf(b.target, set)
	if err != nil {
		return w.fail(err)
	}
	hidden := with.columns(set, rows.NumRows())
	defer arrowrows.Release(hidden)
	stored := files.physical(rows, hidden)
	defer stored.Release()
	if err := w.encode(ctx, files, stored, with.wrote); err != nil {
		return err
	}
	w.rows.Add(rows.NumRows())
	if with.also == nil {
		return nil
	}
	return with.also(ctx, rows)
}

func (w *WriteSet) encode(ctx context.Context, files *target, stored arrow.RecordBatch, wrote func(key string, from, n int64)) error {
	s, err := w.acquire(ctx)
	if err != nil {
		return err
	}
	s.wrote = wrote
	defer func() { s.wrote = nil; w.free <- s }()
	if err := s.write(ctx, files, stored); err != nil {
		return w.fail(err)
	}
	return nil
}

// bind says how batches of an incoming schema become rows of the table, evolving its schema if need be.
func (w *WriteSet) bind(ctx context.Context, in *arrow.Schema, kind rowKind) (*binding, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := w.bound[kind]; last.in == in && last.to.target == w.target {
		return last.to, nil
	}
	incoming, err := arrowmap.FromArrow(in)
	if err != nil {
		return nil, err
	}
	if err := w.evolve(incoming); err != nil {
		return nil, err
	}
	b := bind(w.target, in, kind)
	if err := w.complete(ctx, b, kind); err != nil {
		return nil, err
	}
	w.bound[kind] = bound{in: in, to: b}
	return b, nil
}

// evolve moves the target on to the schema that has the incoming columns too.
func (w *WriteSet) evolve(incoming *schema.Struct) error {
	s, err := accept(w.target.schema, incoming, w.opts.MergeSchema, w.shape.merger())
	if err != nil || s == w.target.schema {
		return err
	}
	s, w.maxID, err = w.shape.assign(s, w.maxID, w.t.physicalName)
	if err != nil {
		return err
	}
	w.target, err = newTarget(s, w.shape)
	return err
}

// assign gives new columns what column mapping wants of them; without it, it checks their names.
func (sh *shape) assign(s *schema.Struct, maxID int64, name func() string) (*schema.Struct, int64, error) {
	if !sh.mapped() {
		return s, maxID, s.CheckFileNames()
	}
	s, maxID = s.AssignMapping(maxID, name, sh.nestedIDs)
	return s, maxID, nil
}

// physicalName is a name for a new column, as Spark makes them.
func (t *Table) physicalName() string { return "col-" + t.conf.newID() }

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
	defer w.release()
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

// release gives back what was compiled.
func (w *WriteSet) release() {
	for _, done := range w.compiled {
		_ = done() // nothing is lost with a statement that cannot be closed
	}
	w.compiled = nil
}

// Abort gives the write up and deletes what it wrote, even when ctx has ended. After Commit it does
// nothing: Commit has settled what becomes of the files. No Write may run.
func (w *WriteSet) Abort(ctx context.Context) error {
	if w.settled {
		return nil
	}
	w.cancel(errAborted)
	w.release()
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
