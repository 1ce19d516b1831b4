package merge

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/expression"
)

// insert does what the WHEN NOT MATCHED clauses say with the source rows that match no row of the table.
func (p *part) insert(ctx context.Context) error {
	if len(p.plan.inserts) == 0 {
		return nil
	}
	for c, chunk := range p.rows.Chunks() {
		var left []int32
		for i, start := 0, p.rows.Start(c); i < int(chunk.NumRows()); i++ {
			if !p.matched.Has(start + i) {
				left = append(left, int32(i))
			}
		}
		if err := p.insertFrom(ctx, chunk, left); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) insertFrom(ctx context.Context, chunk arrow.RecordBatch, left []int32) error {
	for i := range p.plan.inserts {
		m := &p.plan.inserts[i]
		mine, others, err := divide(ctx, m, chunk, left)
		if err != nil {
			return err
		}
		left = others
		for first := 0; first < len(mine); first += batchPairs {
			if err := p.add(ctx, m, chunk, mine[first:min(first+batchPairs, len(mine))]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *part) add(ctx context.Context, m *clause, chunk arrow.RecordBatch, mine []int32) error {
	rec, err := arrowrows.SomeOf(ctx, chunk, m.make.project.Columns(), mine)
	if err != nil {
		return err
	}
	defer rec.Release()
	out, err := m.make.apply(ctx, rec)
	if err != nil {
		return err
	}
	defer out.Release()
	p.n.inserted.Add(int64(len(mine)))
	if p.plan.stmt.insertsOnly() { // the files tell the feed all
		return p.c.Write(ctx, out)
	}
	return p.c.WriteChanged(ctx, out, table.ChangeInsert, table.Hidden{})
}

// divide parts rows of a batch into those for which the condition of a clause is true, and the others.
func divide(ctx context.Context, m *clause, rec arrow.RecordBatch, left []int32) (mine, others []int32, err error) {
	if m.cond == nil || len(left) == 0 {
		return left, nil, nil
	}
	some, err := arrowrows.SomeOf(ctx, rec, m.cond.Columns(), left)
	if err != nil {
		return nil, nil, err
	}
	defer some.Release()
	is, err := m.cond.Eval(ctx, some)
	if err != nil {
		return nil, nil, err
	}
	defer is.Release()
	for i, row := range left {
		if is.Value(i) {
			mine = append(mine, row)
		} else {
			others = append(others, row)
		}
	}
	return mine, others, nil
}

// unmatched does what the WHEN NOT MATCHED BY SOURCE clauses say with the rows of a file that no source row matches.
func (r *run) unmatched(ctx context.Context, f *file) error {
	gone := deletionvector.New()
	o := table.ScanOptions{Columns: r.columnsBySource(), RowTracking: true}
	for rows, err := range r.c.Rows(ctx, f.add, o) {
		if err != nil {
			return err
		}
		err = r.unmatchedRows(ctx, f, rows, gone)
		rows.Release()
		if err != nil {
			return err
		}
	}
	r.c.DeleteRows(f.add, gone)
	return nil
}

// columnsBySource are the columns that the clauses read; all where the change data feed wants them.
func (r *run) columnsBySource() []string {
	if r.c.HasChangeFeed() {
		return arrowrows.Names(r.plan.target.Schema)
	}
	var out []string
	for _, m := range r.plan.bySource {
		if m.cond != nil {
			out = append(out, m.cond.Columns()...)
		}
		if m.make != nil {
			out = append(out, m.make.project.Columns()...)
		}
	}
	return unique(out)
}

func (r *run) unmatchedRows(ctx context.Context, f *file, rows table.FileRows, gone *deletionvector.Bitmap) error {
	var left []int32
	for i, pos := range rows.Positions {
		if !f.matched.Contains(uint64(pos)) {
			left = append(left, int32(i))
		}
	}
	for i := range r.plan.bySource {
		m := &r.plan.bySource[i]
		mine, others, err := divide(ctx, m, rows.Rec, left)
		if err != nil {
			return err
		}
		left = others
		if len(mine) == 0 {
			continue
		}
		for _, row := range mine {
			gone.Add(uint64(rows.Positions[row]))
		}
		if err := r.actBySource(ctx, m, rows, mine); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) actBySource(ctx context.Context, m *clause, rows table.FileRows, mine []int32) error {
	kind := table.ChangeDelete
	if m.make != nil {
		kind = table.ChangePreimage
	}
	if r.c.HasChangeFeed() {
		old, err := arrowrows.SomeOf(ctx, rows.Rec, arrowrows.Names(r.plan.target.Schema), mine)
		if err != nil {
			return err
		}
		err = r.c.WriteChanges(ctx, old, kind)
		old.Release()
		if err != nil {
			return err
		}
	}
	if m.Action == expression.MergeDelete {
		r.n.unmatchedDeleted.Add(int64(len(mine)))
		return nil
	}
	r.n.unmatchedUpdated.Add(int64(len(mine)))
	rec, err := arrowrows.SomeOf(ctx, rows.Rec, m.make.project.Columns(), mine)
	if err != nil {
		return err
	}
	defer rec.Release()
	return r.put(ctx, m, rec, rows.RowIDs, mine)
}
