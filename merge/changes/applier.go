package changes

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Applier applies changes to one table, set by set: Add until Commit or Discard ends the set. Add may be called by several goroutines.
type Applier struct {
	t      *table.Table
	o      Options
	graves *graves

	mu          sync.Mutex
	truncations []truncation // of this set, for [Options.History]

	fit    *schema.Struct // of the changes of this set
	keys   []string       // in the table's names
	source *match.Source
	older  []*match.Source // of this set, of earlier schemas
	newest floor           // truncation of this set
	moved  bool            // rows of this set had other keys before

	sourceTime arrow.DataType // of the changes of this set
}

// New makes an applier. Nothing is read yet.
func New(t *table.Table, o Options) *Applier {
	if o.SchemaChange == "" {
		o.SchemaChange = Evolve
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Applier{t: t, o: o}
	if o.Tombstones != nil {
		a.graves = &graves{store: o.Tombstones, opts: o.TableOptions, retention: o.TombstoneRetention, now: o.Now, memory: o.TombstoneMemory, loaded: -1, history: o.History}
		if a.graves.memory == nil {
			a.graves.memory = NewMemory(DefaultTombstoneMemory)
		}
		if a.graves.retention <= 0 {
			a.graves.retention = DefaultTombstoneRetention
		}
	}
	return a
}

// Table is the table.
func (a *Applier) Table() *table.Table { return a.t }

// WriteWithin bounds the buffers of the files that commits after it write, as table.WriteOptions.MemoryBudget does: what is left for this table
// where others are written beside it.
func (a *Applier) WriteWithin(bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.o.MemoryBudget = bytes
}

// Check says whether changes of a batch can be applied: its keys are there, and its types can be the table's. A batch without keys
// may be one of truncations. Errors: *KeysError, *KeyTypeError, *schema.MergeError, *NewColumnError, *SCDError.
func (a *Applier) Check(b Batch) error {
	_, _, err := a.place(b)
	return err
}

// place says what columns of the table the changes of a batch have, and which of them are keys.
func (a *Applier) place(b Batch) (*schema.Struct, []string, error) {
	has := b
	switch {
	case a.o.History:
		has = b.History()
	case a.o.SoftDelete:
		has = b.SoftDeletes()
	}
	if err := checkNames(b); err != nil {
		return nil, nil, err
	}
	if err := CheckSCD(a.t.Schema(), a.o.History); err != nil {
		return nil, nil, err
	}
	fit, err := Fit(a.t.Schema(), has, a.o.SchemaChange)
	if err != nil {
		return nil, nil, err
	}
	keys, err := KeysOf(fit, b, a.o.Keys)
	return fit, keys, err
}

// Add takes changes, of a schema that [Batch.Schema] made; the batch stays the caller's.
// Errors: those of Check; *arrowmap.CastError; *TimeError; those of the disk.
func (a *Applier) Add(ctx context.Context, rec arrow.RecordBatch) error {
	b, ok := BatchOf(rec.Schema())
	if !ok {
		return errNoChanges
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	fit, keys, err := a.place(b)
	if err != nil {
		return err
	}
	if a.o.History {
		if rec, err = dated(ctx, rec, b); err != nil {
			return err
		}
		defer rec.Release()
		b = b.History()
	}
	rest, err := a.takeTruncations(ctx, rec, len(b.Columns))
	if err != nil {
		return err
	}
	defer func(r arrow.RecordBatch) { r.Release() }(rest)
	switch {
	case rest.NumRows() == 0:
		return nil
	case len(keys) == 0:
		return &KeysError{Origin: b.Origin}
	}
	if a.sourceTime == nil {
		a.sourceTime = b.SourceTime
	}
	if err := a.widen(fit, keys); err != nil {
		return err
	}
	if a.o.SoftDelete {
		soft := softened(rest, b, keys)
		defer soft.Release()
		rest, b = soft, b.SoftDeletes()
	}
	rows, err := conform(ctx, rest, b, a.fit, a.sourceTime)
	if err != nil {
		return err
	}
	defer rows.Release()
	all, err := folded(ctx, rows, len(a.fit.Fields), a.keys)
	if err != nil {
		return err
	}
	defer all.Release()
	a.moved = a.moved || anyMoved(all, len(a.keys))
	return a.source.Append(ctx, all)
}

// widen makes room for the columns and types of fit.
func (a *Applier) widen(fit *schema.Struct, keys []string) error {
	all, err := union(a.fit, fit)
	if err != nil {
		return err
	}
	if a.source != nil && all == a.fit && slices.Equal(keys, a.keys) {
		return nil
	}
	if a.source != nil {
		a.older = append(a.older, a.source)
	}
	a.fit, a.keys = all, keys
	a.source, err = a.newSource(all, nil)
	return err
}

// Close forgets the changes that were added, and gives back what is kept of the table between sets. The applier may be used again.
func (a *Applier) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.graves != nil {
		a.graves.forget()
	}
	return a.discard()
}

// Discard forgets the changes that were added.
func (a *Applier) Discard() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.discard()
}
