package merge

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/expression"
)

// file does what the WHEN MATCHED clauses say with the rows of one file.
func (p *part) file(ctx context.Context, f *file) error {
	found, err := p.find(ctx, f)
	if err != nil || len(found.positions) == 0 {
		return err
	}
	if len(p.plan.matched) == 0 {
		p.c.Depends(f.add, found.rows())
		return nil
	}
	w := &work{part: p, gone: deletionvector.New(), stays: deletionvector.New()}
	if columns, tracked := p.plan.columnsOfMatched(p.c), p.c.Snapshot().RowTrackingEnabled(); len(columns) == 0 && !tracked {
		err = w.unread(ctx, found)
	} else {
		err = w.read(ctx, f, found, columns)
	}
	if err != nil {
		return err
	}
	p.c.DeleteRows(f.add, w.gone)
	if w.stays.Cardinality() > 0 {
		p.c.Depends(f.add, w.stays)
	}
	return nil
}

// columnsOfMatched are the columns of the table that the WHEN MATCHED clauses read; all where the change data feed wants them.
func (p *plan) columnsOfMatched(c *table.Change) []string {
	if c.HasChangeFeed() {
		return arrowrows.Names(p.target.Schema)
	}
	var out []string
	for _, m := range p.matched {
		if m.cond != nil {
			out = append(out, p.ofTarget(m.cond.Columns())...)
		}
		if m.make != nil {
			out = append(out, p.ofTarget(m.make.project.Columns())...)
		}
	}
	return unique(out)
}

// work is what is done with the matched rows of a file.
type work struct {
	*part
	gone  *deletionvector.Bitmap // rows that go, or are put in again as they have become
	stays *deletionvector.Bitmap // rows that no clause wanted
}

// batch is some pairs, with what was read of the rows of the table.
type batch struct {
	rows      arrow.RecordBatch // nil where nothing was
	at        []int32           // the row in rows of each pair
	positions []int64
	sources   []int
	ids       *array.Int64 // of rows; nil where they have none
}

// batchPairs is how many pairs are worked on at once where no rows are read.
const batchPairs = 32 << 10

// unread works on pairs of which nothing of the table's row is needed.
func (w *work) unread(ctx context.Context, found pairs) error {
	for first := 0; first < len(found.positions); first += batchPairs {
		end := min(first+batchPairs, len(found.positions))
		if err := w.batch(ctx, batch{positions: found.positions[first:end], sources: found.sources[first:end]}); err != nil {
			return err
		}
	}
	return nil
}

// read reads the matched rows, and works on them.
func (w *work) read(ctx context.Context, f *file, found pairs, columns []string) error {
	next := 0
	for rows, err := range w.c.Rows(ctx, f.add, table.ScanOptions{Columns: columns, RowTracking: true, Only: found.rows()}) {
		if err != nil {
			return err
		}
		b := batch{rows: rows.Rec, ids: rows.RowIDs}
		from := next
		for i, pos := range rows.Positions {
			if next < len(found.positions) && found.positions[next] == pos {
				b.at = append(b.at, int32(i))
				next++
			}
		}
		b.positions, b.sources = found.positions[from:next], found.sources[from:next]
		err = w.batch(ctx, b)
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// batch passes pairs through the clauses.
func (w *work) batch(ctx context.Context, b batch) error {
	return w.rows.Each(b.sources, func(chunk arrow.RecordBatch, in, which []int32) error {
		left := which
		for i := range w.plan.matched {
			if len(left) == 0 {
				return nil
			}
			m := &w.plan.matched[i]
			mine := left
			if m.cond != nil {
				var err error
				if mine, left, err = w.decide(ctx, m, b, left, chunk, in, which); err != nil {
					return err
				}
			} else {
				left = nil
			}
			if err := w.act(ctx, m, b, mine, chunk, placesOf(in, which, mine)); err != nil {
				return err
			}
		}
		for _, i := range left {
			w.stays.Add(uint64(b.positions[i]))
		}
		return nil
	})
}

// decide parts pairs into those for which the condition of a clause is true, and the others.
func (w *work) decide(ctx context.Context, m *clause, b batch, left []int32, chunk arrow.RecordBatch, in, which []int32) (mine, others []int32, err error) {
	joined, err := w.join(ctx, m.cond.Columns(), b.rows, b.rowsAt(left), chunk, placesOf(in, which, left))
	if err != nil {
		return nil, nil, err
	}
	defer joined.Release()
	is, err := m.cond.Eval(ctx, joined)
	if err != nil {
		return nil, nil, err
	}
	defer is.Release()
	for i, pair := range left {
		if is.Value(i) {
			mine = append(mine, pair)
		} else {
			others = append(others, pair)
		}
	}
	return mine, others, nil
}

// rowsAt are the rows of some pairs; nothing where no rows were read.
func (b *batch) rowsAt(which []int32) []int32 {
	if b.rows == nil {
		return nil
	}
	return pick(b.at, which)
}

// placesOf are the places in a chunk of some of the pairs that are in it. Both lists of pairs ascend.
func placesOf(in, which, some []int32) []int32 {
	if len(some) == len(which) {
		return in
	}
	out := make([]int32, 0, len(some))
	j := 0
	for i, w := range which {
		if j < len(some) && some[j] == w {
			out = append(out, in[i])
			j++
		}
	}
	return out
}

// act does what a clause says with some pairs.
func (w *work) act(ctx context.Context, m *clause, b batch, mine []int32, chunk arrow.RecordBatch, at []int32) error {
	if len(mine) == 0 {
		return nil
	}
	for _, i := range mine {
		w.gone.Add(uint64(b.positions[i]))
	}
	if m.Action == expression.MergeDelete {
		w.n.matchedDeleted.Add(int64(len(mine)))
		return w.tell(ctx, b, mine, table.ChangeDelete)
	}
	w.n.matchedUpdated.Add(int64(len(mine)))
	if err := w.tell(ctx, b, mine, table.ChangePreimage); err != nil {
		return err
	}
	joined, err := w.join(ctx, m.make.project.Columns(), b.rows, b.rowsAt(mine), chunk, at)
	if err != nil {
		return err
	}
	defer joined.Release()
	return w.put(ctx, m, joined, b.ids, b.rowsAt(mine))
}

// tell writes rows as they were to the change data feed, where there is one.
func (w *work) tell(ctx context.Context, b batch, mine []int32, kind table.ChangeType) error {
	if !w.c.HasChangeFeed() {
		return nil
	}
	old, err := arrowrows.SomeOf(ctx, b.rows, arrowrows.Names(w.plan.target.Schema), b.rowsAt(mine))
	if err != nil {
		return err
	}
	defer old.Release()
	return w.c.WriteChanges(ctx, old, kind)
}

// put writes rows as an update leaves them. at are their places among ids.
func (r *run) put(ctx context.Context, m *clause, rec arrow.RecordBatch, ids *array.Int64, at []int32) error {
	out, err := m.make.apply(ctx, rec)
	if err != nil {
		return err
	}
	defer out.Release()
	indices := arrowrows.Indices(at)
	defer indices.Release()
	hidden, err := table.Hidden{RowIDs: ids}.Take(ctx, indices)
	if err != nil {
		return err
	}
	defer hidden.Release()
	return r.c.WriteChanged(ctx, out, table.ChangePostimage, hidden)
}
