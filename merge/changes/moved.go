package changes

import (
	"bytes"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// wasPrefix begins the names of the columns that hold, in a set of changes, the key that a row had before: null where it had none other.
const wasPrefix = "__ingestd_was."

// wasFields are those columns.
func wasFields(fit *schema.Struct, keys []string) ([]arrow.Field, error) {
	var out []arrow.Field
	for _, k := range keys {
		dt, err := arrowmap.ToArrowType(fit.Field(k).Type)
		if err != nil {
			return nil, err
		}
		out = append(out, arrow.Field{Name: wasPrefix + k, Type: dt, Nullable: true})
	}
	return out, nil
}

// folded puts the keys that [Moved] names into columns of the changes that they are of. columns are those of the table. The caller
// releases the result.
func folded(ctx context.Context, rec arrow.RecordBatch, columns int, keys []string) (arrow.RecordBatch, error) {
	ops := rec.Column(columns).(*array.Int8)
	var rows []int32
	var was []int32 // the row that names the key; one behind the last for none
	n := int32(rec.NumRows())
	for i := range n {
		if Op(ops.Value(int(i))) == Moved {
			continue
		}
		rows = append(rows, i)
		if i > 0 && Op(ops.Value(int(i-1))) == Moved {
			was = append(was, i-1)
		} else {
			was = append(was, -1)
		}
	}
	some, err := arrowrows.Some(ctx, rec, rows)
	if err != nil {
		return nil, err
	}
	defer some.Release()
	fields, cols := some.Schema().Fields(), slices.Clone(some.Columns())
	indices := arrowrows.IndicesOrNull(was)
	defer indices.Release()
	var made []arrow.Array
	defer func() { arrowrows.Release(made) }()
	for _, k := range keys {
		at := rec.Schema().FieldIndices(k)[0]
		col, err := arrowrows.Take(ctx, rec.Column(at), indices)
		if err != nil {
			return nil, err
		}
		made = append(made, col)
		fields, cols = append(fields, arrow.Field{Name: wasPrefix + k, Type: col.DataType(), Nullable: true}), append(cols, col)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, some.NumRows()), nil
}

// moves are changes of rows that had another key before, and lack values that these had.
type moves struct {
	was    *match.Keys // of all changes of a part
	hashes []uint64
	donors []donor
	index  *match.Index // over the keys of donors; nil: there are none
}

// donor is a change that lacks values, by its place among the collapsed, and the change that says which key its row had. The row of that
// key is from since (nil: for ever) to before seq.
type donor struct {
	change, by int32
	seq, since []byte
}

// has says whether a row of the table, with such a sequence, is the one.
func (d *donor) has(seq []byte) bool {
	if seq == nil {
		return d.since == nil
	}
	return (d.seq == nil || bytes.Compare(seq, d.seq) < 0) && (d.since == nil || bytes.Compare(seq, d.since) >= 0)
}

func newMoves(ctx context.Context, rec arrow.RecordBatch, keys []string) (*moves, error) {
	was, err := wasOf(ctx, rec, keys)
	if err != nil {
		return nil, err
	}
	m := &moves{was: was}
	m.hashes = m.was.Hash(nil)
	return m, nil
}

func (m *moves) release() {
	m.was.Release()
	if m.index != nil {
		m.index.Release()
	}
}

// chain are the changes of the key that the row of a change had, before that: the newest first.
func (m *moves) chain(x *match.Index, a *aboutRows, at int) []int {
	var out []int
	for r := x.First(m.hashes[at], m.was, at); r >= 0; r = x.Next(r) {
		if s, t := bytesAt(a.seq, r), bytesAt(a.seq, at); s != nil && t != nil && bytes.Compare(s, t) < 0 || (s == nil || t == nil) && a.compare(r, at) < 0 {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(i, j int) int { return a.compare(j, i) })
	return out
}

// follow goes back to the keys that a row had before, as far as values lack. What these changes do not know, the row of one of those keys in
// the table does: the one that is as old as its life under that key.
func (m *moves) follow(c *collapsed, a *aboutRows, l life, lacks []byte, winner int, fills map[int][]fill) {
	for l.by >= 0 {
		by := l.by
		l = c.life(a, m.chain(c.index, a, by), lacks, winner, fills)
		if !anySet(lacks) {
			return
		}
		m.donors = append(m.donors, donor{int32(winner), int32(by), bytes.Clone(bytesAt(a.seq, by)), l.since(a)})
	}
}

// build makes the index over the keys that donors have.
func (m *moves) build(ctx context.Context, rec arrow.RecordBatch, keys []string) error {
	if len(m.donors) == 0 {
		return nil
	}
	at := make([]int32, len(m.donors))
	for i, d := range m.donors {
		at[i] = d.by
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = wasPrefix + k
	}
	some, err := arrowrows.SomeOf(ctx, rec, names, at)
	if err != nil {
		return err
	}
	defer some.Release()
	k, err := match.NewKeys(ctx, some, nil)
	if err != nil {
		return err
	}
	m.index = match.NewIndex([]*match.Keys{k})
	return nil
}

// given are rows of changes, completed by those that they had another key in before.
type given struct {
	rows    arrow.RecordBatch
	changes []int
}

// donate completes changes by rows that they moved from.
func (p *part) donate(ctx context.Context, add *action.Add, places []place) error {
	only := deletionvector.New()
	for _, pl := range places {
		only.Add(uint64(pl.position))
	}
	next := 0
	for rows, err := range p.c.Rows(ctx, add, table.ScanOptions{Only: only, Columns: p.present}) {
		if err != nil {
			return err
		}
		var at []int32
		var changes []int
		var masks [][]byte
		for i, pos := range rows.Positions {
			for next < len(places) && places[next].position == pos {
				at, changes, masks = append(at, int32(i)), append(changes, places[next].change), append(masks, p.lacks[places[next].change])
				next++
			}
		}
		rec, err := p.complete(ctx, rows.Rec, at, changes, masks)
		rows.Release()
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.given = append(p.given, given{rec, changes})
		p.mu.Unlock()
	}
	return nil
}

// writeGiven writes those of some changes that old keys have completed, and gives the others.
func (p *part) writeGiven(ctx context.Context, changes []int) ([]int, error) {
	if len(p.given) == 0 {
		return changes, nil
	}
	wanted := map[int]bool{}
	for _, c := range changes {
		wanted[c] = true
	}
	for _, g := range p.given {
		var at []int32
		var some []int
		for i, c := range g.changes {
			if wanted[c] {
				wanted[c] = false
				p.done.Set(c)
				at, some = append(at, int32(i)), append(some, c)
			}
		}
		if len(some) == 0 {
			continue
		}
		rec, err := arrowrows.SomeOf(ctx, g.rows, p.columns, at)
		if err != nil {
			return nil, err
		}
		for _, c := range some {
			if !p.found.Has(c) {
				p.n.inserted.Add(1)
			}
		}
		err = p.put(ctx, rec, some)
		rec.Release()
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(changes, p.done.Has), nil
}
