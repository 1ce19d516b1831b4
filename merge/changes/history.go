package changes

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowrows"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// truncation is one of a set of changes.
type truncation struct {
	seq []byte
	at  arrow.Array // when it was made, that value alone
}

// historic applies changes of a part of the keys to a table that keeps each version of a row. Without changes it applies the truncations.
type historic struct {
	*application
	*lines
	rows  arrow.RecordBatch // the changes
	times *times
	swept []point // all truncations that count, sorted

	mu      sync.Mutex
	lent    []arrow.RecordBatch // rows of the table that others take values from, in the columns and types of the changes
	numLent int32               // how many they are
	pools   []arrow.Array       // by column: the values of all changes and, behind them, of the rows that are lent; nil: not asked yet
}

// runHistory is run for a table that keeps each version.
func (a *application) runHistory(ctx context.Context, source *match.Source) error {
	if err := a.eachPart(ctx, source, a.historyOf); err != nil || len(a.truncations) == 0 {
		return err
	}
	h, err := a.newHistoric(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	if err := h.takeTruncations(ctx); err != nil {
		return err
	}
	if a.graves != nil {
		for _, p := range h.swept {
			if p.fresh {
				a.graves.add(nil, p.seq, h.times.text(p.at))
			}
		}
	}
	return match.Each(ctx, a.files, 0, h.sweep)
}

// newHistoric makes one that knows the type of the times, and nothing else.
func (a *application) newHistoric(ctx context.Context) (*historic, error) {
	f := a.c.Snapshot().Schema().Field(EndColumn)
	if a.fit != nil {
		f = a.fit.Field(EndColumn)
	}
	if f == nil {
		return nil, &SCDError{Has: 1, Want: 2, Column: EndColumn}
	}
	as, err := arrowmap.ToArrowType(f.Type)
	if err != nil {
		return nil, err
	}
	return &historic{application: a, times: &times{of: as}}, nil
}

// takeTruncations takes the truncations in, those of this set and those that are remembered.
func (h *historic) takeTruncations(ctx context.Context) error {
	for _, t := range h.truncations {
		at, err := h.times.add(ctx, t.at)
		if err != nil {
			return err
		}
		h.swept = append(h.swept, point{t.seq, at, true})
	}
	if h.graves != nil {
		if err := h.remember(ctx, h.graves.swept, func(p point) { h.swept = append(h.swept, p) }); err != nil {
			return err
		}
	}
	slices.SortStableFunc(h.swept, comparePoints)
	return nil
}

// historyOf applies the changes of a part of the keys.
func (a *application) historyOf(ctx context.Context, rows *match.Rows, spilled bool) error {
	rec, err := rows.One()
	if err != nil || rec == nil {
		return err
	}
	defer rec.Release()
	h, err := a.newHistoric(ctx)
	if err != nil {
		return err
	}
	defer h.release()
	if h.lines, err = a.layOut(ctx, rec); err != nil {
		return err
	}
	h.rows, h.pools = rec, make([]arrow.Array, len(a.columns))
	if _, err := h.times.add(ctx, rec.Column(slices.Index(a.columns, StartColumn))); err != nil {
		return err
	}
	if err := h.takeTruncations(ctx); err != nil {
		return err
	}
	if !spilled && len(a.truncations) == 0 {
		if err := a.candidates(ctx, newReading(a.keys, h.index, nil)); err != nil {
			return err
		}
	}
	return h.apply(ctx)
}

// layOut gives the lines of changes; their index is asked until the try is committed.
func (a *application) layOut(ctx context.Context, rec arrow.RecordBatch) (*lines, error) {
	keys, err := keysOf(ctx, rec, a.keys)
	if err != nil {
		return nil, err
	}
	x, err := linesOf(ctx, rec, a.columns, a.keys, keys)
	if err != nil {
		return nil, err
	}
	a.release()
	a.last = x.index
	return x, nil
}

// apply finds what the table has of the keys, and makes it what it is with the changes.
func (h *historic) apply(ctx context.Context) error {
	for _, l := range h.all {
		for _, t := range h.swept {
			if t.fresh && bytes.Compare(t.seq, l.from) < 0 {
				l.from = t.seq
			}
		}
	}
	if err := match.Each(ctx, h.files, 0, h.find); err != nil {
		return err
	}
	if err := h.mourn(ctx); err != nil {
		return err
	}
	for _, l := range h.all {
		l.settle(h.swept)
	}
	h.link(h.swept)
	if err := match.Each(ctx, h.files, 0, h.lend); err != nil {
		return err
	}
	if err := match.Each(ctx, h.files, 0, h.rewriteFile); err != nil {
		return err
	}
	return h.insert(ctx)
}

func (h *historic) release() {
	h.times.release()
	for _, r := range h.lent {
		r.Release()
	}
	arrowrows.Release(h.pools)
	for _, f := range h.files {
		f.versions = nil
	}
}

// spanOf is where a version of the table began and ended. One whose file another engine has written anew does not tell: it is older than all changes, and
// the current one where its end is null. known is false for one that ended then, which stays as it is.
func spanOf(rows table.FileRows, i int, ends arrow.Array) (s span, known bool, err error) {
	b := sequenceOf(rows, i)
	if b == nil {
		return s, ends.IsNull(i), nil
	}
	s, err = decodeSpan(b)
	return s, true, err
}
