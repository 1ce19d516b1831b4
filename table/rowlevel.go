package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// Row-level concurrency. Two changes conflict where one depends on a row that the other takes out, or on there being
// no row that the other puts in; not where they merely touch the same file. So a change that meets a
// winner looks at rows:
//
//   - The winner has deleted rows of a file F by a deletion vector, and so do I: where they are other rows, my
//     vector goes on top of the winner's.
//   - The winner has rearranged rows (OPTIMIZE), and my rows are in a new file now: the tag of that file says
//     where ([RowsFromTag]), and my vector goes there.
//   - I have rearranged rows, and the winner has deleted some of them: they are deleted in my new file, too.
//   - The winner has put rows in: they are read, within a budget, and conflict only where a filter by which
//     I have read is true for one.
//   - The winner has taken out rows that I have looked at and that my filters did not want: no conflict.
//
// What is not settled so is left to txlog.CheckConflict.

// follower follows winners for a change. It implements txlog.Resolver.
type follower struct {
	c     *Change
	first []action.Action // what the commit has beside file actions
	blind map[string]bool // files of blind appends that isolation let pass unread
	spent int64           // bytes of winners' files that were read, see readBudget
}

// readBudget is how many bytes of files that winners have added a change reads to see whether it would have wanted
// rows of them. Beyond it, doing the work again is the better bet.
const readBudget = 256 << 20

// winner is a commit by its file actions, by what CanonicalPath gives.
type winner struct {
	adds    map[string]*action.Add
	removes map[string]*action.Remove
	moves   map[string][]placed // by source: where its rows are now
	blind   bool
	version int64
}

// placed is a run of rows of a source file in a new one.
type placed struct {
	rowsFrom
	to *action.Add
	at int64 // position of the first row
}

func newWinner(c txlog.Commit) *winner {
	w := &winner{adds: map[string]*action.Add{}, removes: map[string]*action.Remove{}, moves: map[string][]placed{}, version: c.Version}
	for _, a := range c.Actions {
		switch a := a.(type) {
		case *action.Add:
			w.adds[CanonicalPath(a.Path)] = a
			at := int64(0)
			for _, run := range movesOf(a) {
				if !a.DataChange {
					w.moves[CanonicalPath(run.Path)] = append(w.moves[CanonicalPath(run.Path)], placed{run, a, at})
				}
				at += run.Rows
			}
		case *action.Remove:
			w.removes[CanonicalPath(a.Path)] = a
		case *action.CommitInfo:
			w.blind = a.IsBlindAppend != nil && *a.IsBlindAppend
		}
	}
	return w
}

// Resolve implements txlog.Resolver.
func (r *follower) Resolve(ctx context.Context, _ []action.Action, theirs txlog.Commit, base *txlog.Snapshot) (txlog.Resolution, error) {
	for _, a := range theirs.Actions {
		switch a.(type) {
		case *action.Metadata, *action.Protocol:
			return txlog.Resolution{}, nil // a conflict, whatever it did to rows
		}
	}
	w := newWinner(theirs)
	var out txlog.Resolution
	changed := false
	for key, rm := range w.removes {
		f := r.c.files[key]
		settled, err := r.follow(ctx, f, rm, w)
		if err != nil {
			return txlog.Resolution{}, err
		}
		if settled {
			out.Settled = append(out.Settled, rm.Path)
			changed = changed || f != nil
		}
	}
	for key, add := range w.adds {
		if w.removes[key] != nil {
			continue
		}
		if f := r.c.files[key]; f != nil && f.add.DeletionVector.UniqueID() == add.DeletionVector.UniqueID() {
			f.add, changed = add, true // the same rows, of which it tells more: row ids, statistics
		}
		settled, err := r.unread(ctx, add, w, base.Properties().Isolation())
		if err != nil {
			return txlog.Resolution{}, err
		}
		if settled {
			out.Settled = append(out.Settled, add.Path)
		}
	}
	if !changed {
		return out, nil
	}
	if err := r.c.writeVectors(ctx); err != nil {
		return txlog.Resolution{}, err
	}
	files, err := r.c.fileActions()
	out.Actions, out.Reads = append(append([]action.Action{}, r.first...), files...), r.c.dependsOn()
	return out, err
}

// follow settles the removal of a file by a winner, and that it was added again with another deletion vector.
func (r *follower) follow(ctx context.Context, f *touched, rm *action.Remove, w *winner) (bool, error) {
	again := w.adds[CanonicalPath(rm.Path)]
	if f == nil || f.mine == nil && f.needs == nil && !f.whole {
		return r.passOver(ctx, rm, again)
	}
	if !r.c.vectors && !f.movedAway(r.c) || rm.DeletionVector.UniqueID() != f.add.DeletionVector.UniqueID() {
		return false, nil
	}
	if err := r.c.load(ctx, f); err != nil {
		return false, err
	}
	switch {
	case f.movedAway(r.c):
		return r.c.deleteAfterMove(ctx, f, rm, again)
	case again != nil:
		return r.c.overlay(ctx, f, again)
	case !rm.DataChange:
		return r.c.followMove(ctx, f, w.moves[CanonicalPath(rm.Path)])
	}
	return false, nil
}

// movedAway says whether the change rearranges the rows of the file, and can still delete some of them.
func (f *touched) movedAway(c *Change) bool {
	return c.opts.KeepsData && f.whole && c.snap.DeletionVectorsEnabled()
}

// passOver settles what a winner did to a file that the change takes nothing out of: it has looked at all rows of it
// that its filters want, and there were none. That fails for rows that it has never looked at.
func (r *follower) passOver(ctx context.Context, rm *action.Remove, again *action.Add) (bool, error) {
	if r.blind[CanonicalPath(rm.Path)] || !r.readByFilters() {
		return false, nil
	}
	if again == nil || rm.DeletionVector == nil {
		return true, nil
	}
	before, err := r.c.t.vectorOf(ctx, &action.Add{Path: rm.Path, DeletionVector: rm.DeletionVector})
	if err != nil {
		return false, err
	}
	after, err := r.c.t.vectorOf(ctx, again)
	if err != nil {
		return false, err
	}
	before.AndNot(after) // rows that are there again, as RESTORE brings them
	return before.Cardinality() == 0, nil
}

// readByFilters says whether filters decide all that the change has read.
func (r *follower) readByFilters() bool {
	for _, read := range r.c.reads {
		if read.filter == nil {
			return false
		}
	}
	return true
}

// unread says whether the change would have wanted no row of a file that a winner added: by isolation, by what the log
// tells, or since the rows were looked at.
func (r *follower) unread(ctx context.Context, add *action.Add, w *winner, level txlog.IsolationLevel) (bool, error) {
	if !add.DataChange || r.c.opts.KeepsData {
		return true, nil // rows that were there before
	}
	if w.blind && level != txlog.Serializable {
		r.blind[CanonicalPath(add.Path)] = true
		return false, nil // the check lets it pass, where it may
	}
	for _, read := range r.c.reads {
		if !read.mayRead(ctx, add) {
			continue
		}
		if read.filter == nil || read.cheap != nil {
			return false, nil
		}
		if r.spent += add.Size; r.spent > readBudget {
			return false, nil
		}
		wants, err := r.c.wants(ctx, read, add)
		if wants || err != nil {
			return false, err
		}
	}
	return true, nil
}

var errEnough = errors.New("a row was found")

// wants says whether the filter is true for a row of a file.
func (c *Change) wants(ctx context.Context, read *reading, add *action.Add) (bool, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(errEnough)
	for rows, err := range c.t.ScanFile(ctx, c.snap, add, ScanOptions{Columns: []string{}, Where: read.filter}) {
		if err != nil {
			return false, fmt.Errorf("rows that another writer added: %w", err)
		}
		n := len(rows.Positions)
		rows.Release()
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// overlay puts what the change takes out of a file on top of what a winner has taken out; false where both want the
// same row.
func (c *Change) overlay(ctx context.Context, f *touched, theirs *action.Add) (bool, error) {
	if f.whole && f.mine == nil {
		return false, nil // all of its rows: the winner's are among them
	}
	after, err := c.t.vectorOf(ctx, theirs)
	if err != nil {
		return false, err
	}
	lost := f.base.Clone()
	lost.AndNot(after)
	if lost.Cardinality() > 0 || meets(after, f.mine) || meets(after, f.needs) {
		return false, nil
	}
	f.add, f.base, f.vector = theirs, after, nil
	if f.mine != nil {
		f.whole = f.union().Cardinality() >= f.physical
	}
	return true, nil
}

func meets(a, b *deletionvector.Bitmap) bool { return b != nil && a.Intersects(b) }

// deleteAfterMove takes the rows that a winner has deleted out of the files that the change has moved them to.
func (c *Change) deleteAfterMove(ctx context.Context, f *touched, rm *action.Remove, again *action.Add) (bool, error) {
	after := deletionvector.New()
	switch {
	case again != nil:
		var err error
		if after, err = c.t.vectorOf(ctx, again); err != nil {
			return false, err
		}
	case rm.DataChange:
		after.AddRange(0, uint64(f.physical))
	default:
		return false, nil // it has moved them, too
	}
	lost := f.base.Clone()
	lost.AndNot(after)
	if lost.Cardinality() > 0 {
		return false, nil
	}
	fresh := after.Clone()
	fresh.AndNot(f.base)
	if !f.deleteMoved(fresh) {
		return false, nil
	}
	f.base, f.gone = after, again == nil
	if again != nil {
		f.add = again
	}
	return true, nil
}

// followMove finds the rows of the change in the files that a winner has moved them to; false where it does not tell
// of all of them.
func (c *Change) followMove(ctx context.Context, f *touched, runs []placed) (bool, error) {
	if f.whole && f.mine == nil {
		f.mine = deletionvector.New()
		f.mine.AddRange(0, uint64(f.physical))
		f.mine.AndNot(f.base)
	}
	type moved struct{ mine, needs *deletionvector.Bitmap }
	to := map[*action.Add]*moved{}
	place := func(rows *deletionvector.Bitmap, into func(*moved) **deletionvector.Bitmap) bool {
		if rows == nil {
			return true
		}
		for pos := range rows.All() {
			rank := int64(pos) - f.base.CountBelow(pos)
			i := indexOfRank(runs, rank, f.add)
			if i < 0 {
				return false
			}
			m := to[runs[i].to]
			if m == nil {
				m = &moved{}
				to[runs[i].to] = m
			}
			b := into(m)
			if *b == nil {
				*b = deletionvector.New()
			}
			(*b).Add(uint64(runs[i].at + rank - runs[i].First))
		}
		return true
	}
	if !place(f.mine, func(m *moved) **deletionvector.Bitmap { return &m.mine }) ||
		!place(f.needs, func(m *moved) **deletionvector.Bitmap { return &m.needs }) {
		return false, nil
	}
	delete(c.files, f.key)
	for add, m := range to {
		g := c.touch(add)
		if err := c.load(ctx, g); err != nil {
			return false, err
		}
		g.vector = nil
		if m.mine != nil {
			if g.mine == nil {
				g.mine = deletionvector.New()
			}
			g.mine.Or(m.mine)
			g.whole = g.union().Cardinality() >= g.physical
		}
		if m.needs != nil {
			if g.needs == nil {
				g.needs = deletionvector.New()
			}
			g.needs.Or(m.needs)
		}
	}
	return true, nil
}

// indexOfRank finds the run of a row of a file, by its place among the live ones; -1 where there is none.
func indexOfRank(runs []placed, rank int64, file *action.Add) int {
	for i, r := range runs {
		if r.First <= rank && rank < r.First+r.Rows && r.Vector == file.DeletionVector.UniqueID() {
			return i
		}
	}
	return -1
}
