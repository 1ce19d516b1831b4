package table

import (
	"context"
	"log/slog"
	"math/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Table is a Delta table at a version: the newest as of Open or the last Refresh or commit through
// it, or for good the one it was opened at. It may be used by several goroutines.
type Table struct {
	log    *txlog.Log
	conf   config
	pinned bool
	snap   atomic.Pointer[txlog.Snapshot]
}

// config is what options set.
type config struct {
	log       txlog.Options
	newID     func() string
	openOther func(ctx context.Context, url string) (objstore.Store, string, error)
	compiler  func() (expression.Compiler, error) // nil: none was given
}

// Option changes how a table is opened.
type Option func(*config)

// WithNow sets the clock; the default is time.Now.
func WithNow(now func() time.Time) Option { return func(c *config) { c.log.Now = now } }

// WithRand sets where the jitter between commit attempts comes from.
func WithRand(r *rand.Rand) Option { return func(c *config) { c.log.Rand = r } }

// WithLogger sets where the log reports what is odd but harmless (a corrupt checkpoint passed over).
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.log.Logger = l } }

// WithLogOptions sets all options of the log.
func WithLogOptions(o txlog.Options) Option { return func(c *config) { c.log = o } }

// WithIDs sets where file names and table ids come from; the default are random UUIDs. It must be
// safe for concurrent use.
func WithIDs(newID func() string) Option { return func(c *config) { c.newID = newID } }

// WithOtherStores says how to reach a data file that the log names by an absolute URL outside of the
// table's own store (a shallow clone's): the store and the key in it. Without it only URLs of the
// table's own store and of local files are read.
func WithOtherStores(open func(ctx context.Context, url string) (objstore.Store, string, error)) Option {
	return func(c *config) { c.openOther = open }
}

// WithExpressions says how to evaluate the SQL that the table's metadata hold: constraints, invariants,
// generated columns and defaults. open is called when a table first needs it, at most once without an
// error; the tables of one opener may share a compiler. Its owner closes it, after its tables are no
// longer used. Without it, a table that has such expressions cannot be written: *NoExpressionsError.
func WithExpressions(open func() (expression.Compiler, error)) Option {
	return func(c *config) { c.compiler = onceOpen(open) }
}

// onceOpen makes open answer with its first success from then on.
func onceOpen(open func() (expression.Compiler, error)) func() (expression.Compiler, error) {
	if open == nil {
		return nil
	}
	var (
		mu   sync.Mutex
		have expression.Compiler
	)
	return func() (expression.Compiler, error) {
		mu.Lock()
		defer mu.Unlock()
		if have != nil {
			return have, nil
		}
		c, err := open()
		if err == nil {
			have = c
		}
		return c, err
	}
}

// expressions is the compiler for the table's SQL, of which what is the first piece that needs it.
// Errors: *NoExpressionsError where there is none, those of opening it.
func (t *Table) expressions(what string) (expression.Compiler, error) {
	if t.conf.compiler == nil {
		return nil, &NoExpressionsError{Location: t.Location(), Needs: what}
	}
	return t.conf.compiler()
}

func newTable(store objstore.Store, opts []Option) *Table {
	t := &Table{conf: config{newID: uuid.NewString, openOther: openLocalFile}}
	for _, o := range opts {
		o(&t.conf)
	}
	if t.conf.log.Now == nil {
		t.conf.log.Now = time.Now
	}
	t.log = txlog.New(store, t.conf.log)
	return t
}

// Open opens the newest version of the table at the root of store.
// Errors: *txlog.NotATableError, the typed errors of txlog for logs that cannot be read.
func Open(ctx context.Context, store objstore.Store, opts ...Option) (*Table, error) {
	t := newTable(store, opts)
	s, err := t.log.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	t.snap.Store(s)
	return t, nil
}

// OpenAt opens the table as of a version, without looking at newer ones.
// Errors: as Open, and *txlog.VersionNotFoundError.
func OpenAt(ctx context.Context, store objstore.Store, version int64, opts ...Option) (*Table, error) {
	return newTable(store, opts).At(ctx, version)
}

// OpenAtTime opens the table as of a moment: its newest version committed then or before.
// Errors: as Open, and those of txlog.Log.VersionAt.
func OpenAtTime(ctx context.Context, store objstore.Store, moment time.Time, opts ...Option) (*Table, error) {
	return newTable(store, opts).AtTime(ctx, moment)
}

// Snapshot is the version of the table that t stands at. It is immutable.
func (t *Table) Snapshot() *txlog.Snapshot { return t.snap.Load() }

// Version is that of Snapshot.
func (t *Table) Version() int64 { return t.Snapshot().Version() }

// Schema is the table's schema, partition columns included.
func (t *Table) Schema() *schema.Struct { return t.Snapshot().Schema() }

// PartitionColumns are the columns that partition the table, in order.
func (t *Table) PartitionColumns() []string { return t.Snapshot().Metadata().PartitionColumns }

// Location is the URL of the table.
func (t *Table) Location() string { return t.log.Store().URL() }

// Log is the table's transaction log.
func (t *Table) Log() *txlog.Log { return t.log }

// Store is where the table is.
func (t *Table) Store() objstore.Store { return t.log.Store() }

// Refresh moves t to the newest version by reading the commits after its own. A table that was opened at
// an older version stays there.
func (t *Table) Refresh(ctx context.Context) error {
	if t.pinned {
		return nil
	}
	s, err := t.Snapshot().Update(ctx)
	if err != nil {
		return err
	}
	t.advance(s)
	return nil
}

// advance moves t to s unless it is there or further.
func (t *Table) advance(s *txlog.Snapshot) {
	for {
		cur := t.snap.Load()
		if cur.Version() >= s.Version() || t.snap.CompareAndSwap(cur, s) {
			return
		}
	}
}

// At is the table as of a version. Errors: *txlog.VersionNotFoundError.
func (t *Table) At(ctx context.Context, version int64) (*Table, error) {
	s, err := t.log.SnapshotAt(ctx, version)
	if err != nil {
		return nil, err
	}
	return t.at(s), nil
}

// AtTime is the table as of a moment: its newest version committed then or before.
// Errors: those of txlog.Log.VersionAt.
func (t *Table) AtTime(ctx context.Context, moment time.Time) (*Table, error) {
	v, err := t.log.VersionAt(ctx, moment)
	if err != nil {
		return nil, err
	}
	return t.At(ctx, v)
}

func (t *Table) at(s *txlog.Snapshot) *Table {
	old := &Table{log: t.log, conf: t.conf, pinned: true}
	old.snap.Store(s)
	return old
}

func (t *Table) nowMillis() int64 { return t.conf.log.Now().UnixMilli() }
