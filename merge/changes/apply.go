package changes

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// application applies a set of changes to one version of a table. What it holds is in use until the try is committed.
type application struct {
	c           *table.Change
	keys        []string // columns of the table
	columns     []string // that the changes have, in the table's names and their order
	present     []string // of them, those that the table has already
	truncation  floor    // of this set
	soft        bool     // deletes are
	fit         *schema.Struct
	history     bool         // each version is kept
	truncations []truncation // of this set, where it is
	graves      *graves      // nil where deletions are not remembered
	n           counters

	files    []*file
	last     *match.Index // of the last part
	moves    *moves       // of the last part
	outdated floor        // the newest truncation of all
}

// file is a data file that may hold rows that changes are of.
type file struct {
	add      *action.Add
	matched  *deletionvector.Bitmap // rows of which there are changes; kept where there is a truncation
	versions []*version             // that the part in hand is of
}

// counters count what changes did.
type counters struct {
	inserted, updated, deleted atomic.Int64 // rows
	stale                      atomic.Int64 // keys of which the table had a newer change
	unknown                    atomic.Int64 // values that neither the changes nor the table know: null
}

// part applies the changes of a part of the keys.
type part struct {
	*application
	*collapsed
	found match.Bits // keys of which the table has a row
	stale match.Bits // keys of which the table has a newer change
	done  match.Bits // keys whose row is written already
	ids   rowIDs

	mu    sync.Mutex
	given []given              // rows of changes that their old keys complete
	blank map[int]map[int]bool // by change: columns whose values are of a row that was deleted since
}

// part applies changes that were collapsed, to all files.
func (a *application) part(ctx context.Context, c *collapsed) error {
	n := len(c.op)
	p := &part{application: a, collapsed: c, found: match.NewBits(n), stale: match.NewBits(n), done: match.NewBits(n), ids: newRowIDs(a.c, n)}
	defer func() {
		for _, g := range p.given {
			g.rows.Release()
		}
	}()
	if err := match.Each(ctx, a.files, 0, p.file); err != nil {
		return err
	}
	return p.rest(ctx)
}

// old is what is to be done with the rows of one file.
type old struct {
	gone    *deletionvector.Bitmap // rows that go, or are written anew
	donate  []place                // rows that changes moved from, and take values from
	replace []place                // rows that are to be read, since the change does not know all values, or for the change data feed
}

// place is a row of a file with the change that replaces it, by its place among the collapsed.
type place struct {
	position int64
	change   int
	lacks    []byte // columns whose values are those of the row, as in UnavailableColumn; nil: none, also of a row of before a deletion
}

// file finds the rows of a file that changes are of, and takes them out.
func (p *part) file(ctx context.Context, f *file) error {
	o := &old{gone: deletionvector.New()}
	scan := table.ScanOptions{Columns: p.keys, Sequences: true, RowTracking: p.ids != nil}
	for rows, err := range p.c.Rows(ctx, f.add, scan) {
		if err != nil {
			return err
		}
		err = p.look(ctx, f, rows, o)
		rows.Release()
		if err != nil {
			return err
		}
	}
	if len(o.donate) > 0 {
		if err := p.donate(ctx, f.add, o.donate); err != nil {
			return err
		}
	}
	if len(o.replace) > 0 {
		if err := p.replaceRows(ctx, f.add, o.replace); err != nil {
			return err
		}
	}
	p.c.DeleteRows(f.add, o.gone)
	return nil
}

// look matches rows of a file with the changes.
func (p *part) look(ctx context.Context, f *file, rows table.FileRows, o *old) error {
	keys, err := p.keysLike(ctx, rows.Rec, p.rows.Schema())
	if err != nil {
		return err
	}
	defer keys.Release()
	for i, h := range keys.Hash(nil) {
		if moved := p.collapsed.moves; moved.index != nil {
			for d := moved.index.First(h, keys, i); d >= 0; d = moved.index.Next(d) {
				if from := &moved.donors[d]; from.has(sequenceOf(rows, i)) {
					o.donate = append(o.donate, place{position: rows.Positions[i], change: int(from.change)})
				}
			}
		}
		r := p.index.First(h, keys, i)
		if r < 0 || p.of[r] < 0 {
			continue
		}
		change, seq := int(p.of[r]), sequenceOf(rows, i)
		if seq != nil && p.seq[change] != nil && bytes.Compare(seq, p.seq[change]) > 0 {
			p.stale.Set(change)
			p.n.stale.Add(1)
			continue
		}
		p.found.Set(change)
		o.gone.Add(uint64(rows.Positions[i]))
		if p.truncation.set {
			f.matched.Add(uint64(rows.Positions[i]))
		}
		truncated := p.truncation.before(seq)
		if same := p.born[change] == nil || seq != nil && bytes.Compare(seq, p.born[change]) >= 0; same && (p.soft || !truncated) {
			p.ids.keep(change, rows.RowIDs, i)
		}
		if p.op[change] == Delete {
			p.n.deleted.Add(1)
		} else {
			p.n.updated.Add(1)
		}
		since := p.since[change]
		other := truncated || since != nil && (seq == nil || bytes.Compare(seq, since) < 0)
		var lacks []byte
		if p.op[change] != Delete && !other {
			lacks = p.lacksBeside(change, seq)
		}
		if p.c.HasChangeFeed() || lacks != nil {
			o.replace = append(o.replace, place{rows.Positions[i], change, lacks})
		}
	}
	return nil
}

func sequenceOf(rows table.FileRows, i int) []byte {
	if rows.Sequences == nil {
		return nil
	}
	return bytesAt(rows.Sequences, i)
}

// keysLike are the keys of rows of the table, in the types of those of changes.
func (a *application) keysLike(ctx context.Context, rec arrow.RecordBatch, theirs *arrow.Schema) (*match.Keys, error) {
	only, err := arrowrows.Columns(rec, a.keys)
	if err != nil {
		return nil, err
	}
	defer only.Release()
	cols := make([]arrow.Array, len(a.keys))
	defer func() { arrowrows.Release(cols) }()
	for i, k := range a.keys {
		f := theirs.Field(theirs.FieldIndices(k)[0])
		if cols[i], err = castTo(ctx, only.Column(i), f); err != nil {
			return nil, err
		}
	}
	like := array.NewRecordBatch(onlyFields(theirs, a.keys), cols, rec.NumRows())
	defer like.Release()
	return match.NewKeys(ctx, like, slices.Repeat([]bool{true}, len(cols)))
}

// rest writes the rows of the changes whose rows are not written yet, and remembers what was deleted.
func (p *part) rest(ctx context.Context) error {
	var write, dead []int
	for i, op := range p.op {
		switch {
		case p.stale.Has(i) || p.done.Has(i):
		case op == Delete:
			dead = append(dead, i)
		default:
			write = append(write, i)
		}
	}
	write, err := p.graves.alive(ctx, p, write)
	if err != nil {
		return err
	}
	if write, err = p.writeGiven(ctx, write); err != nil {
		return err
	}
	for _, i := range write {
		if !p.found.Has(i) {
			p.n.inserted.Add(1)
		}
		if p.lacks[i] != nil {
			p.n.unknown.Add(1)
		}
	}
	if err := p.write(ctx, write); err != nil {
		return err
	}
	return p.graves.bury(ctx, p, dead)
}

// writeAtOnce is how many rows are written at once.
const writeAtOnce = 32 << 10

func (p *part) write(ctx context.Context, changes []int) error {
	for first := 0; first < len(changes); first += writeAtOnce {
		some := changes[first:min(first+writeAtOnce, len(changes))]
		at := make([]int32, len(some))
		for i, c := range some {
			at[i] = int32(c)
		}
		rec, err := p.blanked(ctx, some, at)
		if err != nil {
			return err
		}
		err = p.put(ctx, rec, some)
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// put writes rows that changes have made.
func (p *part) put(ctx context.Context, rec arrow.RecordBatch, changes []int) error {
	hidden := table.Hidden{Sequences: p.sequences(changes), RowIDs: p.ids.of(changes)}
	defer hidden.Release()
	if !p.c.HasChangeFeed() {
		return p.c.WriteChanged(ctx, rec, table.ChangePostimage, hidden)
	}
	for _, kind := range []table.ChangeType{table.ChangeInsert, table.ChangePostimage} {
		var at []int32
		for i, c := range changes {
			if p.found.Has(c) == (kind == table.ChangePostimage) {
				at = append(at, int32(i))
			}
		}
		if err := p.putSome(ctx, rec, at, kind, hidden); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) putSome(ctx context.Context, rec arrow.RecordBatch, at []int32, kind table.ChangeType, hidden table.Hidden) error {
	if len(at) == 0 {
		return nil
	}
	some, err := arrowrows.SomeOf(ctx, rec, p.columns, at)
	if err != nil {
		return err
	}
	defer some.Release()
	indices := arrowrows.Indices(at)
	defer indices.Release()
	theirs, err := hidden.Take(ctx, indices)
	if err != nil {
		return err
	}
	defer theirs.Release()
	return p.c.WriteChanged(ctx, some, kind, theirs)
}
