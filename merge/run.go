package merge

import (
	"context"
	"sync/atomic"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
)

// run is one try of a statement. What it holds is in use until the try is committed.
type run struct {
	c           *table.Change
	plan        *plan
	source      *match.Source
	parallelism int

	files []*file
	n     counters
	index *match.Index // of the last part
}

// counters count rows.
type counters struct {
	inserted, matchedUpdated, matchedDeleted, unmatchedUpdated, unmatchedDeleted atomic.Int64
	files                                                                        int64
}

// file is a data file that may hold rows with which something is to be done. One goroutine works on it at a time.
type file struct {
	add *action.Add
	// matched are the rows that a source row matches; kept only where they are asked for later, see run.remembers.
	matched *deletionvector.Bitmap
}

// part is a part of the source at its time.
type part struct {
	*run
	rows    *match.Rows
	index   *match.Index
	matched match.Bits // rows of the source that match one of the table
}

func (r *run) do(ctx context.Context) error {
	if err := r.source.Seal(ctx); err != nil {
		return err
	}
	if r.source.Spilled() {
		if err := r.candidates(ctx, r.plan.newReading(nil)); err != nil {
			return err
		}
	}
	for rows, err := range r.source.Parts(ctx) {
		if err != nil {
			return err
		}
		err := r.part(ctx, rows)
		rows.Release()
		if err != nil {
			return err
		}
	}
	if len(r.plan.bySource) == 0 {
		return nil
	}
	return match.Each(ctx, r.files, r.parallelism, r.unmatched)
}

// part matches a part of the source with the table.
func (r *run) part(ctx context.Context, rows *match.Rows) error {
	r.release()
	var err error
	if r.index, err = r.plan.on.index(ctx, rows); err != nil {
		return err
	}
	if !r.source.Spilled() {
		if err := r.candidates(ctx, r.plan.newReading(r.index)); err != nil {
			return err
		}
	}
	p := &part{run: r, rows: rows, index: r.index, matched: match.NewBits(rows.Len())}
	if err := match.Each(ctx, r.files, r.parallelism, p.file); err != nil {
		return err
	}
	return p.insert(ctx)
}

// candidates finds the files that are to be read.
func (r *run) candidates(ctx context.Context, keys *reading) error {
	var where predicate.Filter = keys
	if len(r.plan.bySource) > 0 { // all rows count
		where = nil
	}
	for c, err := range r.c.Candidates(ctx, where) {
		if err != nil {
			return err
		}
		r.files = append(r.files, &file{add: c.Add, matched: deletionvector.New()})
	}
	r.n.files = int64(len(r.files))
	return nil
}

// remembers says whether it is asked later which rows of a file were matched.
func (r *run) remembers() bool { return len(r.plan.bySource) > 0 || r.source.Spilled() }

// release gives back what the last part held.
func (r *run) release() {
	if r.index != nil {
		r.index.Release()
		r.index = nil
	}
}
