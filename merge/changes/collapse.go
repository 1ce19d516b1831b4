package changes

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/internal/match"
)

// collapsed is what changes come to, one for each key: that with the greatest sequence. Values that it does not know are those of the
// changes before it, where these know them.
type collapsed struct {
	index *match.Index // over the keys of all changes
	of    []int32      // by the first change of a key in the index: its place below; -1 for others
	first []int32      // the other way round
	rows  arrow.RecordBatch
	op    []Op
	seq   [][]byte // nil: none
	lacks [][]byte // columns whose values are not known, as in UnavailableColumn; nil: none
	since [][]byte // of those that lack values: the sequence since when the row is this one, so that one before it has none of them; nil: for ever
	born  [][]byte // the sequence of the change since which the row is another than that of the key before; nil: there is none
	moves *moves

	filled [][]filled // values of each that are from changes before it, of the same row
}

// filled is a value that a change has from one before it.
type filled struct {
	column int
	seq    []byte // of the one before; nil: none
	moved  bool   // it is of a key that the row had before
}

// key is the key of a change, as bytes.
func (c *collapsed) key(change int) []byte {
	return c.index.Keys()[0].Encode(nil, int(c.first[change]))
}

// about are the columns that say what the changes of a chunk are.
type aboutRows struct {
	op        *array.Int8
	seq       *array.Binary
	lacks     *array.Binary
	made      arrow.Array // in the type of the batch's source times
	partition *array.String
	offset    *array.Int64
}

// aboutOf finds them behind so many columns.
func aboutOf(rec arrow.RecordBatch, first int) aboutRows {
	return aboutRows{
		op: rec.Column(first).(*array.Int8), seq: rec.Column(first + 1).(*array.Binary), lacks: rec.Column(first + 2).(*array.Binary),
		made:      rec.Column(first + 3),
		partition: rec.Column(first + 4).(*array.String), offset: rec.Column(first + 5).(*array.Int64),
	}
}

func bytesAt(a *array.Binary, i int) []byte {
	if a.IsNull(i) {
		return nil
	}
	return a.Value(i)
}

// compare orders two changes: by their sequences, and where these are equal or one has none by where they were read.
func (a *aboutRows) compare(i, j int) int {
	if x, y := bytesAt(a.seq, i), bytesAt(a.seq, j); x != nil && y != nil {
		if c := bytes.Compare(x, y); c != 0 {
			return c
		}
	}
	if c := cmp.Compare(a.partition.Value(i), a.partition.Value(j)); c != 0 {
		return c
	}
	return cmp.Compare(a.offset.Value(i), a.offset.Value(j))
}

// collapse finds what the changes of rec come to; keys are its key columns, by name and value, the latter of which it takes over. Changes that floor
// outdates are left out.
func collapse(ctx context.Context, rec arrow.RecordBatch, names []string, keys *match.Keys, floor floor) (*collapsed, error) {
	c := &collapsed{index: match.NewIndex([]*match.Keys{keys})}
	columns := int(rec.NumCols()) - numAbout - len(names)
	a := aboutOf(rec, columns)
	var err error
	if c.moves, err = newMoves(ctx, rec, names); err != nil {
		return c, err
	}
	n := int(rec.NumRows())
	c.of = slices.Repeat([]int32{-1}, n)
	var winners []int32
	fills := map[int][]fill{} // by column
	seen := make([]bool, n)
	var chain []int
	for r := range n {
		if seen[r] {
			continue
		}
		chain = chain[:0]
		for i := r; i >= 0; i = c.index.Next(i) {
			seen[i] = true
			if !floor.outdates(&a, i) {
				chain = append(chain, i)
			}
		}
		if len(chain) == 0 {
			continue
		}
		slices.SortFunc(chain, func(i, j int) int { return a.compare(j, i) })
		c.of[r] = int32(len(winners))
		c.first = append(c.first, int32(r))
		c.add(&a, chain, len(winners), fills)
		winners = append(winners, int32(chain[0]))
	}
	if err := c.moves.build(ctx, rec, names); err != nil {
		return c, err
	}
	return c, c.take(ctx, rec, columns, winners, fills)
}

// fill is a value that a change gets from one before it.
type fill struct{ winner, from int32 }

// add notes the change that a key comes to; chain are its changes, the newest first.
func (c *collapsed) add(a *aboutRows, chain []int, winner int, fills map[int][]fill) {
	newest := chain[0]
	c.op, c.seq = append(c.op, Op(a.op.Value(newest))), append(c.seq, bytes.Clone(bytesAt(a.seq, newest)))
	lacks := bytes.Clone(bytesAt(a.lacks, newest))
	wanted := anySet(lacks)
	life := c.life(a, chain, lacks, winner, fills)
	c.filled = append(c.filled, nil)
	if wanted {
		c.filled[winner] = filledOf(a, winner, fills)
	}
	var since []byte
	if anySet(lacks) {
		since = life.since(a)
		c.moves.follow(c, a, life, lacks, winner, fills)
		own := c.filled[winner]
		for _, f := range filledOf(a, winner, fills) {
			if !slices.ContainsFunc(own, func(o filled) bool { return o.column == f.column }) {
				f.moved = true
				c.filled[winner] = append(c.filled[winner], f)
			}
		}
	}
	c.since = append(c.since, since)
	if !anySet(lacks) {
		lacks = nil
	}
	c.lacks = append(c.lacks, lacks)
	c.born = append(c.born, c.birth(a, chain))
}

// birth is the sequence of the newest change of a key, the newest first, since which its row is another than before: since the one before was deleted,
// or the row had another key before.
func (c *collapsed) birth(a *aboutRows, chain []int) []byte {
	for i, at := range chain {
		if i > 0 && Op(a.op.Value(at)) == Delete || c.moves.hashes[at] != 0 {
			return append([]byte{}, bytesAt(a.seq, at)...)
		}
	}
	return nil
}

// filledOf are the values that a change has got, which is the last that has got any.
func filledOf(a *aboutRows, winner int, fills map[int][]fill) (out []filled) {
	for column, all := range fills {
		if last := len(all) - 1; last >= 0 && int(all[last].winner) == winner {
			out = append(out, filled{column: column, seq: bytes.Clone(bytesAt(a.seq, int(all[last].from)))})
		}
	}
	return out
}

// life is what was found going back in the changes of a key, as far as the row is the same one.
type life struct {
	by  int // the change that says which key the row had before; -1: none
	end int // the change that deleted the row before it; -1: none
}

// since is the sequence of the change that began the life; nil where it is not known, or has none.
func (l life) since(a *aboutRows) []byte {
	switch {
	case l.by >= 0:
		return bytes.Clone(bytesAt(a.seq, l.by))
	case l.end >= 0:
		return bytes.Clone(bytesAt(a.seq, l.end))
	}
	return nil
}

// life goes back in changes, the newest first, until nothing lacks or the row before was deleted, and takes the values that they know.
func (c *collapsed) life(a *aboutRows, chain []int, lacks []byte, winner int, fills map[int][]fill) life {
	l := life{by: -1, end: -1}
	for _, at := range chain {
		if !anySet(lacks) {
			break
		}
		if Op(a.op.Value(at)) == Delete {
			l.end = at
			break
		}
		learn(a, lacks, at, winner, fills)
		if c.moves.hashes[at] != 0 {
			l.by = at
		}
	}
	return l
}

// learn takes values that are lacking from a change before, where it knows them.
func learn(a *aboutRows, lacks []byte, before, winner int, fills map[int][]fill) {
	unknown := bytesAt(a.lacks, before)
	for i := range lacks {
		was := lacks[i]
		if i < len(unknown) {
			lacks[i] &= unknown[i]
		} else {
			lacks[i] = 0
		}
		for bit := range 8 {
			if (was&^lacks[i])>>bit&1 == 1 {
				fills[8*i+bit] = append(fills[8*i+bit], fill{int32(winner), int32(before)})
			}
		}
	}
}

func anySet(mask []byte) bool {
	return slices.ContainsFunc(mask, func(b byte) bool { return b != 0 })
}

// take gathers the columns of the table.
func (c *collapsed) take(ctx context.Context, rec arrow.RecordBatch, n int, winners []int32, fills map[int][]fill) error {
	cols := make([]arrow.Array, n)
	defer func() { arrowrows.Release(cols) }()
	for i := range n {
		at := winners
		if f := fills[i]; len(f) > 0 {
			at = slices.Clone(winners)
			for _, x := range f {
				at[x.winner] = x.from
			}
		}
		indices := arrowrows.Indices(at)
		col, err := arrowrows.Take(ctx, rec.Column(i), indices)
		indices.Release()
		if err != nil {
			return err
		}
		cols[i] = col
	}
	c.rows = array.NewRecordBatch(arrow.NewSchema(rec.Schema().Fields()[:n], nil), cols, int64(len(winners)))
	return nil
}

// lacking says whether the value of a column is not known.
func lacking(mask []byte, column int) bool {
	return column/8 < len(mask) && mask[column/8]>>(column%8)&1 == 1
}

// floor is the newest truncation: what comes before it is outdated. The zero floor outdates nothing.
type floor struct {
	set       bool
	seq       []byte // nil: none, and its place counts
	partition string
	offset    int64
	at        arrow.Array // when the source made it, that value alone
}

// outdates says whether a change is one of before the truncation.
func (f floor) outdates(a *aboutRows, i int) bool {
	if !f.set {
		return false
	}
	if s := bytesAt(a.seq, i); s != nil && f.seq != nil {
		return bytes.Compare(s, f.seq) < 0
	}
	return a.partition.Value(i) == f.partition && a.offset.Value(i) < f.offset
}

// before says whether a row of the table, with such a sequence, is of before the truncation. One without is, for it is older than the stream.
func (f floor) before(seq []byte) bool {
	return f.set && (seq == nil || f.seq == nil || bytes.Compare(seq, f.seq) < 0)
}

// raise takes a truncation in.
func (f *floor) raise(a *aboutRows, i int) {
	s := bytesAt(a.seq, i)
	if f.set && s != nil && f.seq != nil && bytes.Compare(s, f.seq) <= 0 {
		return
	}
	if f.set && s == nil && f.partition == a.partition.Value(i) && a.offset.Value(i) < f.offset {
		return
	}
	*f = floor{set: true, seq: bytes.Clone(s), partition: a.partition.Value(i), offset: a.offset.Value(i), at: array.NewSlice(a.made, int64(i), int64(i)+1)}
}
