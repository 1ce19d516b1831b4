package delta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// CDCOptions say to which tables changes are applied, and how.
type CDCOptions struct {
	Location Location
	// Store opens the store at a path or URL.
	Store func(ctx context.Context, url string) (objstore.Store, error)
	// Table are the options of the tables: how they are made and written. Its Store is not used.
	Table Options
	// Changes say how changes are applied. Txns, stores and the clock are the sink's business. The tables share one Memory: where
	// it is nil, one of SourceMemory bytes; and one TombstoneMemory.
	Changes changes.Options
	// ForgetDeletions keeps no tombstones.
	ForgetDeletions bool
	// Partial says that changes lack values as a matter of course, so that those that nobody knows are no news.
	Partial bool
	// Retry is how long a table that could not be written is left alone; 0 is a minute.
	Retry time.Duration
}

// CDC applies changes ([changes.Batch]) to Delta tables, one for each table of the source where its location says so, and makes those that are not there.
// It implements stream.Sink.
//
// Each table has a txn for each partition of the source that its changes come from, in the commit that holds them: a table takes no change twice. Where there is one
// table its txns are the positions of the query. Where there are many, these are in the query's checkpoint, which may lag.
//
// A table that cannot be written, for a reason that does not go away by itself, does not stop the others: its changes are refused, and
// so go to the dead letters, until it can be written again. Since changes have sequences, they may be sent through again at any later time.
type CDC struct {
	o           CDCOptions
	writeBudget int64 // see table.WriteOptions.MemoryBudget, of all tables together

	mu     sync.Mutex
	tables map[string]*cdcTable // by location
}

// cdcTable is one of the tables.
type cdcTable struct {
	location string
	mu       sync.Mutex
	applier  *changes.Applier // nil: not opened
	broken   *refusal         // why it is left alone; nil: it is not
	shapes   map[string]*refusal
}

// refusal is why changes are not taken for a while.
type refusal struct {
	err   error
	since time.Time
}

// holds says whether a refusal still counts.
func (s *CDC) holds(r *refusal) bool { return r != nil && s.o.Table.Now().Sub(r.since) < s.o.Retry }

// NewCDC makes a sink; nothing is read or written before the first changes.
func NewCDC(o CDCOptions) (*CDC, error) {
	if err := o.Location.Check(); err != nil {
		return nil, err
	}
	if o.Retry <= 0 {
		o.Retry = time.Minute
	}
	if o.Table.Now == nil {
		o.Table.Now = time.Now
	}
	if o.Table.Logger == nil {
		o.Table.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Changes.Memory == nil {
		o.Changes.Memory = changes.NewMemory(o.Changes.SourceMemory)
	}
	if o.Changes.TombstoneMemory == nil {
		o.Changes.TombstoneMemory = changes.NewMemory(changes.DefaultTombstoneMemory)
	}
	s := &CDC{o: o, writeBudget: o.Table.MemoryBudget, tables: map[string]*cdcTable{}}
	if s.writeBudget <= 0 {
		s.writeBudget = table.DefaultMemoryBudget
	}
	return s, nil
}

// tableOptions are those of a table, which may be opened while others are.
func (s *CDC) tableOptions() []table.Option {
	o := s.o.Table
	if o.Rand != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		o.Rand = rand.New(rand.NewSource(o.Rand.Int63()))
	}
	return o.table()
}

// Name implements stream.Sink.
func (s *CDC) Name() string { return "DeltaSink[" + string(s.o.Location) + "]" }

// Open implements stream.Sink: the schemas come with the changes.
func (s *CDC) Open(context.Context, *arrow.Schema) error { return nil }

// Close implements stream.Sink.
func (s *CDC) Close() error { return nil }

// Positions implements stream.Sink: those of the one table; nil where there are many.
func (s *CDC) Positions(ctx context.Context, query string) (stream.Offsets, error) {
	if s.o.Location.Many() {
		return nil, nil
	}
	t := s.table(string(s.o.Location))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.applier == nil {
		store, err := s.o.Store(ctx, t.location)
		if err != nil {
			return nil, err
		}
		found, err := table.Open(ctx, store, s.tableOptions()...)
		if notATable(err) {
			return stream.Offsets{}, nil
		}
		if err != nil {
			return nil, err
		}
		return positions(found.Snapshot(), query), nil
	}
	if err := t.applier.Table().Refresh(ctx); err != nil {
		return nil, err
	}
	return positions(t.applier.Table().Snapshot(), query), nil
}

// Start implements stream.Sink. A table that is not there yet cannot hold a start: the first changes make it.
func (s *CDC) Start(ctx context.Context, query string, o stream.Offsets) error {
	t := s.table(string(s.o.Location))
	t.mu.Lock()
	defer t.mu.Unlock()
	store, err := s.o.Store(ctx, t.location)
	if err != nil {
		return err
	}
	found, err := table.Open(ctx, store, s.tableOptions()...)
	if notATable(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return start(ctx, found, s.o.Table, query, o)
}

// table is the one at a location, opened or not.
func (s *CDC) table(location string) *cdcTable {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[location]
	if t == nil {
		t = &cdcTable{location: location}
		s.tables[location] = t
	}
	return t
}

// opened are the tables that were met, and the one table where there is one.
func (s *CDC) opened() []*cdcTable {
	if !s.o.Location.Many() {
		return []*cdcTable{s.table(string(s.o.Location))}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.tables))
}

// Find is the table that changes of an origin go to; nil where there is none, or none that can be opened, of which Admit tells more.
func (s *CDC) Find(ctx context.Context, o changes.Origin) (*table.Table, error) {
	location, err := s.o.Location.Of(o)
	if err != nil {
		return nil, nil //nolint:nilerr // Admit tells
	}
	t := s.table(location)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.applier != nil {
		return t.applier.Table(), nil
	}
	store, err := s.o.Store(ctx, location)
	var found *table.Table
	if err == nil {
		found, err = table.Open(ctx, store, s.tableOptions()...)
	}
	if err != nil && (notATable(err) || !goesAway(err)) {
		return nil, nil //nolint:nilerr // Admit tells
	}
	return found, err
}

// Admit says whether changes of a batch can be applied, and makes the table where it is not there. A reason refuses them. An error is one
// that may go away or, where there is one table, that it cannot be written at all.
func (s *CDC) Admit(ctx context.Context, b changes.Batch) (reason string, err error) {
	location, err := s.o.Location.Of(b.Origin)
	if err != nil {
		return err.Error(), nil
	}
	t := s.table(location)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.broken; s.holds(r) {
		return fmt.Sprintf("table %s cannot be written: %v", location, r.err), nil
	}
	if len(t.shapes) > 0 {
		if r := t.shapes[shapeOf(b)]; s.holds(r) {
			return fmt.Sprintf("table %s: %v", location, r.err), nil
		}
		delete(t.shapes, shapeOf(b))
	}
	t.broken = nil
	if err := s.admit(ctx, t, b); err != nil {
		return s.reason(t, err)
	}
	return "", nil
}

// reason is what an error means to changes that would go to a table; t.mu is held.
func (s *CDC) reason(t *cdcTable, err error) (string, error) {
	unfit := (*unfitError)(nil)
	switch {
	case goesAway(err):
		return "", err
	case errors.As(err, &unfit):
		return fmt.Sprintf("table %s: %v", t.location, err), nil
	case !s.o.Location.Many():
		return "", fmt.Errorf("table %s: %w", t.location, err)
	}
	s.leaveAlone(t, err)
	return fmt.Sprintf("table %s cannot be written: %v", t.location, err), nil
}

// leaveAlone notes that a table of many cannot be written. It is opened anew when it is tried again, for it may be another by then. t.mu is
// held, and no batch is applied.
func (s *CDC) leaveAlone(t *cdcTable, err error) {
	if t.applier != nil {
		err = errors.Join(err, t.applier.Close())
		t.applier = nil
	}
	t.broken = &refusal{err, s.o.Table.Now()}
	s.o.Table.Logger.Error("the table cannot be written; its changes go to the dead letters, the other tables go on", "table", t.location, "error", err)
}

func (s *CDC) admit(ctx context.Context, t *cdcTable, b changes.Batch) error {
	if t.applier == nil {
		if err := s.open(ctx, t, &b); err != nil {
			return err
		}
	}
	if t.applier == nil { // a truncation of a table of which nothing has come yet
		return nil
	}
	if have, ok := t.applier.Table().Snapshot().Properties().Get(txlog.PropSource); ok && s.pin(b) != "" && have != s.pin(b) {
		return &unfitError{&SourceError{Origin: b.Origin, Source: have, Pin: s.pin(b)}}
	}
	if err := t.applier.Check(b); err != nil {
		return &unfitError{err}
	}
	return nil
}

// unfitError is one of the changes, not of the table.
type unfitError struct{ err error }

func (e *unfitError) Error() string { return e.err.Error() }
func (e *unfitError) Unwrap() error { return e.err }

// goesAway says whether an error is none of the table itself.
func goesAway(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || objstore.IsRetryable(err) || errors.Is(err, objstore.ErrOutcomeUnknown) ||
		errors.Is(err, stream.ErrFenced)
}
