package changes

import (
	"bytes"
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
)

// run applies all changes of a set; source is nil where there is at most a truncation.
func (a *application) run(ctx context.Context, source *match.Source) error {
	a.graves.begin()
	if a.history {
		return a.runHistory(ctx, source)
	}
	a.outdated = a.truncation
	if f := a.graves.floor(); f.set && (!a.truncation.set || bytes.Compare(f.seq, a.truncation.seq) > 0) {
		a.outdated = f
	}
	if err := a.eachPart(ctx, source, a.changes); err != nil || !a.truncation.set {
		return err
	}
	if a.graves != nil && a.truncation.seq != nil {
		a.graves.add(nil, a.truncation.seq, "")
	}
	if a.soft {
		return match.Each(ctx, a.files, 0, a.sweepSoftly)
	}
	return match.Each(ctx, a.files, 0, a.sweep)
}

// eachPart does the changes of each part of the keys. Where these are many parts, or there is a truncation, all files are candidates before.
func (a *application) eachPart(ctx context.Context, source *match.Source, do func(ctx context.Context, rows *match.Rows, spilled bool) error) error {
	if source != nil {
		if err := source.Seal(ctx); err != nil {
			return err
		}
	}
	if a.truncation.set || source != nil && source.Spilled() {
		if err := a.candidates(ctx, nil); err != nil {
			return err
		}
	}
	if source == nil {
		return nil
	}
	for rows, err := range source.Parts(ctx) {
		if err != nil {
			return err
		}
		err = do(ctx, rows, source.Spilled())
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// changes applies those of a part of the keys.
func (a *application) changes(ctx context.Context, rows *match.Rows, spilled bool) error {
	rec, err := rows.One()
	if err != nil || rec == nil {
		return err
	}
	defer rec.Release()
	keys, err := keysOf(ctx, rec, a.keys)
	if err != nil {
		return err
	}
	c, err := collapse(ctx, rec, a.keys, keys, a.outdated)
	a.release()
	a.last = c.index
	if c.moves != nil {
		a.moves = c.moves
	}
	if err != nil {
		return err
	}
	defer c.rows.Release()
	if !spilled && !a.truncation.set {
		if err := a.candidates(ctx, newReading(a.keys, c.index, c.moves.index)); err != nil {
			return err
		}
	}
	return a.part(ctx, c)
}

// candidates finds the files that are to be read; nil is all.
func (a *application) candidates(ctx context.Context, by *reading) error {
	var where predicate.Filter
	if by != nil {
		where = by
	}
	for c, err := range a.c.Candidates(ctx, where) {
		if err != nil {
			return err
		}
		a.files = append(a.files, &file{add: c.Add, matched: deletionvector.New()})
	}
	return nil
}

// sweep takes out the rows of a file that a truncation takes, and of which there are no changes.
func (a *application) sweep(ctx context.Context, f *file) error {
	gone := deletionvector.New()
	scan := table.ScanOptions{Columns: []string{}, Sequences: true}
	if a.c.HasChangeFeed() {
		scan.Columns = nil
	}
	for rows, err := range a.c.Rows(ctx, f.add, scan) {
		if err != nil {
			return err
		}
		var at []int32
		for i, pos := range rows.Positions {
			if !f.matched.Contains(uint64(pos)) && a.truncation.before(sequenceOf(rows, i)) {
				gone.Add(uint64(pos))
				at = append(at, int32(i))
			}
		}
		err = a.tell(ctx, rows.Rec, at, table.ChangeDelete)
		rows.Release()
		if err != nil {
			return err
		}
	}
	a.n.deleted.Add(gone.Cardinality())
	a.c.DeleteRows(f.add, gone)
	return nil
}

// release gives back what the last part held.
func (a *application) release() {
	if a.last != nil {
		a.last.Release()
		a.last = nil
	}
	if a.moves != nil {
		a.moves.release()
		a.moves = nil
	}
}

func (a *application) result() Result {
	return Result{Inserted: a.n.inserted.Load(), Updated: a.n.updated.Load(), Deleted: a.n.deleted.Load(), Stale: a.n.stale.Load(), Unknown: a.n.unknown.Load()}
}

// onlyFields is the schema of some columns.
func onlyFields(s *arrow.Schema, names []string) *arrow.Schema {
	var fields []arrow.Field
	for _, n := range names {
		fields = append(fields, s.Field(s.FieldIndices(n)[0]))
	}
	return arrow.NewSchema(fields, nil)
}
