package changes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// DefaultTombstoneRetention is how long it is remembered that a row was deleted.
const DefaultTombstoneRetention = 7 * 24 * time.Hour

// DefaultTombstoneMemory in bytes is what of tombstones is kept in memory; those of a table for which there is no room are read when they are asked.
const DefaultTombstoneMemory = 64 << 20

// gravesFiles is at how many files the table of tombstones is written anew, without what is past the retention.
const gravesFiles = 64

// graves is a Delta table beside the one that changes are applied to: the keys of deleted rows with the sequences of their
// deletions, so that an older change that comes once more does not bring a row back. A row whose key is NULL is a truncation.
//
// Tombstones are committed before the deletions that they are of. That is safe either way: a tombstone outdates only
// changes that the deletion would outdate too, and it is there again when the deletion is tried once more.
type graves struct {
	store     objstore.Store
	opts      []table.Option
	retention time.Duration
	now       func() time.Time
	memory    *match.Memory

	t       *table.Table // nil: there is none yet
	known   map[string][]byte
	size    int64 // of known or ended, taken from memory
	loaded  int64 // the version that known is of
	newest  []byte
	history bool                // all deletions count, with their times; these two are in place of known and newest
	ended   map[string][]ending // nil: they are too many
	swept   []ending            // truncations
	pending *array.RecordBuilder
}

// gravesDDL are the columns.
const gravesDDL = "key BINARY, sequence BINARY NOT NULL, deleted_at TIMESTAMP NOT NULL"

var (
	gravesSchema, gravesArrow   = gravesOf(gravesDDL)
	endingsSchema, endingsArrow = gravesOf(gravesDDL + ", " + endColumn + " STRING")
)

func gravesOf(ddl string) (*schema.Struct, *arrow.Schema) {
	s, err := schema.ParseDDL(ddl)
	if err != nil {
		panic(err) // a constant of this package
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		panic(err)
	}
	return s, as
}

// refresh learns what others have buried. It comes after the version of the table is known that changes are applied to: of each
// deletion in it the tombstone is there then.
func (g *graves) refresh(ctx context.Context) error {
	if g == nil {
		return nil
	}
	if g.t == nil {
		t, err := table.Open(ctx, g.store, g.opts...)
		if absent := (*txlog.NotATableError)(nil); errors.As(err, &absent) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("tombstones: %w", err)
		}
		g.t, g.loaded = t, -1
	} else if err := g.t.Refresh(ctx); err != nil {
		return fmt.Errorf("tombstones: %w", err)
	}
	if g.loaded == g.t.Version() {
		return nil
	}
	g.reset()
	for rec, err := range g.t.Scan(ctx, table.ScanOptions{Parallelism: 1}) {
		if err != nil {
			return fmt.Errorf("tombstones: %w", err)
		}
		err = g.learnAll(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	g.loaded = g.t.Version()
	return nil
}

// reset begins with no deletions.
func (g *graves) reset() {
	g.forget()
	g.known, g.newest = map[string][]byte{}, nil
	g.ended, g.swept = map[string][]ending{}, nil
}

// learnAll takes tombstones in.
func (g *graves) learnAll(rec arrow.RecordBatch) error {
	if g.history {
		return eachEnding(rec, g.learnEnding)
	}
	keys, seqs := rec.Column(0).(*array.Binary), rec.Column(1).(*array.Binary)
	for i := range int(rec.NumRows()) {
		g.learn(bytesAt(keys, i), seqs.Value(i))
	}
	return nil
}

// learn takes one tombstone in.
func (g *graves) learn(key, seq []byte) {
	if key == nil {
		if bytes.Compare(seq, g.newest) > 0 {
			g.newest = bytes.Clone(seq)
		}
		return
	}
	if g.known == nil { // they are too many
		return
	}
	old, ok := g.known[string(key)]
	if ok && bytes.Compare(old, seq) >= 0 {
		return
	}
	if n := int64(len(key) + len(seq) + 64); !ok {
		if !g.memory.Take(n) {
			g.forget()
			return
		}
		g.size += n
	}
	g.known[string(key)] = bytes.Clone(seq)
}

// forget gives back the memory of what is known.
func (g *graves) forget() {
	g.memory.Give(g.size)
	g.known, g.ended, g.size, g.loaded = nil, nil, 0, -1
}

// floor is the newest truncation that is remembered.
func (g *graves) floor() floor {
	if g == nil || g.newest == nil {
		return floor{}
	}
	return floor{set: true, seq: g.newest}
}

// alive leaves those changes out whose rows were deleted by newer ones.
func (g *graves) alive(ctx context.Context, p *part, changes []int) ([]int, error) {
	if g == nil || g.t == nil {
		return changes, nil
	}
	asked := map[string]int{}
	for _, c := range changes {
		if !p.found.Has(c) && p.seq[c] != nil {
			asked[string(p.key(c))] = c
		}
	}
	dead, err := g.outdated(ctx, p, asked)
	if err != nil || len(dead) == 0 {
		return changes, err
	}
	var out []int
	for _, c := range changes {
		if dead[c] {
			p.n.stale.Add(1)
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

// outdated finds the changes, by key, of which there is a newer tombstone, and takes from the others what is of before one.
func (g *graves) outdated(ctx context.Context, p *part, asked map[string]int) (map[int]bool, error) {
	dead := map[int]bool{}
	look := func(c int, deletion []byte) {
		if bytes.Compare(deletion, p.seq[c]) > 0 {
			dead[c] = true
		} else {
			p.bury(c, deletion)
		}
	}
	if len(asked) == 0 {
		return dead, nil
	}
	if g.known != nil {
		for key, c := range asked {
			if seq, ok := g.known[key]; ok {
				look(c, seq)
			}
		}
		return dead, nil
	}
	for rec, err := range g.t.Scan(ctx, table.ScanOptions{Columns: []string{"key", "sequence"}}) {
		if err != nil {
			return nil, fmt.Errorf("tombstones: %w", err)
		}
		keys, theirs := rec.Column(0).(*array.Binary), rec.Column(1).(*array.Binary)
		for i := range int(rec.NumRows()) {
			if c, ok := asked[string(bytesAt(keys, i))]; ok {
				look(c, theirs.Value(i))
			}
		}
		rec.Release()
	}
	return dead, nil
}

// begin forgets what was to be buried.
func (g *graves) begin() {
	if g != nil && g.pending != nil {
		g.pending.Release()
		g.pending = nil
	}
}

// bury notes the keys of deletions; commit writes them.
func (g *graves) bury(_ context.Context, p *part, deletions []int) error {
	if g == nil {
		return nil
	}
	for _, d := range deletions {
		if p.seq[d] != nil {
			g.add(p.key(d), p.seq[d], "")
		}
	}
	return nil
}

// add notes a tombstone; at is for [graves.history].
func (g *graves) add(key, seq []byte, at string) {
	if g.pending == nil {
		as := gravesArrow
		if g.history {
			as = endingsArrow
		}
		g.pending = array.NewRecordBuilder(memory.DefaultAllocator, as)
	}
	if g.history {
		g.pending.Field(3).(*array.StringBuilder).Append(at)
	}
	if key == nil {
		g.pending.Field(0).AppendNull()
	} else {
		g.pending.Field(0).(*array.BinaryBuilder).Append(key)
	}
	g.pending.Field(1).(*array.BinaryBuilder).Append(seq)
	g.pending.Field(2).(*array.TimestampBuilder).Append(arrow.Timestamp(g.now().UnixMicro()))
}
