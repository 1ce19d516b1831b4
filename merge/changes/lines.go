package changes

import (
	"bytes"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/merge/internal/match"
)

// lines are the histories of the keys of some changes, and of those keys that their rows had before and values may come from.
type lines struct {
	index   *match.Index // over the keys of all changes, then over the keys that their rows had before
	of      []*line      // by row of the index
	all     []*line
	about   aboutRows
	columns []string // of the changes, without those that say what they are
	was     []uint64 // by change: not 0 where it lacks values and says which key the row had before
	count   int      // changes
}

// linesOf lays out changes, which have such columns of the table. keys are theirs, by name and value, the latter of which it takes over.
func linesOf(ctx context.Context, rec arrow.RecordBatch, columns, names []string, keys *match.Keys) (*lines, error) {
	x := &lines{columns: columns, about: aboutOf(rec, len(columns)), count: int(rec.NumRows())}
	was, err := wasOfLacking(ctx, rec, names, x.about.lacks)
	if err != nil {
		keys.Release()
		return nil, err
	}
	x.was = was.Hash(nil)
	x.index = match.NewIndex([]*match.Keys{keys, was})
	x.of = make([]*line, x.index.Len())
	for r := range x.of {
		if x.of[r] != nil || r >= x.count && x.was[r-x.count] == 0 {
			continue
		}
		l := &line{row: r}
		var own []int
		for i := r; i >= 0; i = x.index.Next(i) {
			x.of[i] = l
			seq := x.about.seq.Value(i % x.count)
			if l.from == nil || bytes.Compare(seq, l.from) < 0 {
				l.from = seq
			}
			if i < x.count {
				own = append(own, i)
			}
		}
		l.own = len(own) > 0
		x.fill(l, own)
		x.all = append(x.all, l)
	}
	return x, nil
}

// wasOfLacking are the keys that rows had before, of the changes that lack values.
func wasOfLacking(ctx context.Context, rec arrow.RecordBatch, names []string, lacks *array.Binary) (*match.Keys, error) {
	k, err := wasOf(ctx, rec, names)
	if err != nil {
		return nil, err
	}
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	for i := range lacks.Len() {
		b.Append(anySet(bytesAt(lacks, i)))
	}
	k.Only(b.NewBooleanArray())
	return k, nil
}

// fill puts the changes of a key in its line: a version for each sequence, of which the change that was read last counts first.
func (x *lines) fill(l *line, own []int) {
	slices.SortFunc(own, x.about.compare)
	var last *version
	for _, i := range own {
		seq := x.about.seq.Value(i)
		if Op(x.about.op.Value(i)) == Delete {
			l.ends = append(l.ends, point{seq, int32(i), true})
			continue
		}
		if last == nil || !bytes.Equal(last.start, seq) {
			last = &version{span: span{start: seq}, endAt: -1, was: -1}
			l.made = append(l.made, last)
		}
		last.changes = append(last.changes, int32(i))
	}
	for _, v := range l.made {
		slices.Reverse(v.changes)
		x.know(v)
	}
}

// know finds what the changes of a version do not know, and which of them says what key the row had before.
func (x *lines) know(v *version) {
	v.lacks = bytesAt(x.about.lacks, int(v.changes[0]))
	for _, c := range v.changes {
		v.lacks = common(v.lacks, bytesAt(x.about.lacks, int(c)))
		if v.was < 0 && x.was[c] != 0 {
			v.was = c
		}
	}
}
