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
	index *match.Index // over the keys of all changes, then over the keys that their rows had before
	of    []*line      // by row of the index
	all   []*line
	about aboutRows
	was   []uint64 // by change: not 0 where it lacks values and says which key the row had before
	count int      // changes
}

func (x *lines) release() { x.index.Release() }

// linesOf lays out changes, which have so many columns of the table. keys are theirs, by name and value, the latter of which it takes over.
func linesOf(ctx context.Context, rec arrow.RecordBatch, columns int, names []string, keys *match.Keys) (*lines, error) {
	x := &lines{about: aboutOf(rec, columns), count: int(rec.NumRows())}
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
	v.lacks = bytes.Clone(bytesAt(x.about.lacks, int(v.changes[0])))
	for _, c := range v.changes {
		unknown := bytesAt(x.about.lacks, int(c))
		for i := range v.lacks {
			if i < len(unknown) {
				v.lacks[i] &= unknown[i]
			} else {
				v.lacks[i] = 0
			}
		}
		if v.was < 0 && x.was[c] != 0 {
			v.was = c
		}
	}
	if !anySet(v.lacks) {
		v.lacks = nil
	}
}

// link finds for each version that lacks values the one that it takes them from, and has those of the table be read. All lines are settled.
func (x *lines) link(swept []point) {
	for _, l := range x.all {
		for _, v := range l.made {
			switch {
			case v.lacks == nil:
			case v.was >= 0:
				v.before = x.of[x.count+int(v.was)].at(v.start, true, swept)
			default:
				v.before = l.at(v.start, false, swept)
			}
		}
	}
	for _, l := range x.all {
		for _, v := range l.made {
			w := v
			for w != nil && w.stored == nil && w.lacks != nil {
				w = w.before
			}
			if w != nil && w.stored != nil {
				w.stored.donor = true
			}
		}
	}
}

// source says where a version has the value of a column from: a change or, behind all changes, a row of the table that is given; -1: nobody knows it.
func (x *lines) source(v *version, column int) int32 {
	for ; v != nil; v = v.before {
		for _, c := range v.changes {
			if !lacking(bytesAt(x.about.lacks, int(c)), column) {
				return c
			}
		}
		if v.stored != nil {
			return int32(x.count) + v.stored.given
		}
	}
	return -1
}
