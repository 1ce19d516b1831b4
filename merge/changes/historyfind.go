package changes

import (
	"bytes"
	"context"
	"slices"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
)

// find finds the versions that a file has of the keys.
func (h *historic) find(ctx context.Context, f *file) error {
	scan := table.ScanOptions{Columns: append(slices.Clone(h.application.keys), StartColumn, EndColumn), Sequences: true}
	for rows, err := range h.c.Rows(ctx, f.add, scan) {
		if err != nil {
			return err
		}
		err = h.findIn(ctx, f, rows)
		rows.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *historic) findIn(ctx context.Context, f *file, rows table.FileRows) error {
	keys, err := h.keysLike(ctx, rows.Rec, h.rows.Schema())
	if err != nil {
		return err
	}
	defer keys.Release()
	ends := rows.Rec.Column(rows.Rec.Schema().FieldIndices(EndColumn)[0])
	var at []int32
	var of []*line
	var spans []span
	for i, hash := range keys.Hash(nil) {
		r := h.index.First(hash, keys, i)
		if r < 0 {
			continue
		}
		l := h.of[r]
		if l.own && h.truncation.set {
			f.matched.Add(uint64(rows.Positions[i]))
		}
		s, known, err := spanOf(rows, i, ends)
		if err != nil {
			return err
		}
		if known && (s.end == nil || bytes.Compare(s.end, l.from) >= 0) {
			at, of, spans = append(at, int32(i)), append(of, l), append(spans, s)
		}
	}
	return h.keep(ctx, f, rows, at, of, spans)
}

// keep puts versions of a file in their lines.
func (h *historic) keep(ctx context.Context, f *file, rows table.FileRows, at []int32, of []*line, spans []span) error {
	if len(at) == 0 {
		return nil
	}
	when, err := arrowrows.SomeOf(ctx, rows.Rec, []string{StartColumn, EndColumn}, at)
	if err != nil {
		return err
	}
	defer when.Release()
	starts, err := h.times.add(ctx, when.Column(0))
	if err != nil {
		return err
	}
	ends, err := h.times.add(ctx, when.Column(1))
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, row := range at {
		n := int32(i)
		v := &version{span: spans[i], endAt: -1, was: -1, lacks: h.mask(spans[i].takes), stored: &stored{
			position: rows.Positions[row], startAt: starts + n, endAt: ends + n, had: spans[i],
		}}
		if v.end != nil {
			v.endAt = ends + n
		}
		f.versions, of[i].kept = append(f.versions, v), append(of[i].kept, v)
	}
	return nil
}

// mourn takes the deletions in that are remembered, and has those of the changes be.
func (h *historic) mourn(ctx context.Context) error {
	if h.graves == nil {
		return nil
	}
	key := func(l *line) []byte { return h.index.Keys()[0].Encode(nil, l.row) }
	asked := map[string]*line{}
	for _, l := range h.all {
		if l.own {
			asked[string(key(l))] = l
		}
	}
	var of []*line
	var found []ending
	err := h.graves.endings(ctx, asked, func(l *line, e ending) { of, found = append(of, l), append(found, e) })
	if err != nil {
		return err
	}
	for _, l := range h.all {
		for _, p := range l.ends {
			h.graves.add(key(l), p.seq, h.times.text(p.at))
		}
	}
	i := 0
	return h.remember(ctx, found, func(p point) { of[i].ends = append(of[i].ends, p); i++ })
}

// remember makes points of endings.
func (h *historic) remember(ctx context.Context, endings []ending, do func(point)) error {
	if len(endings) == 0 {
		return nil
	}
	texts := make([]string, len(endings))
	for i, e := range endings {
		texts[i] = e.at
	}
	first, err := h.times.addTexts(ctx, texts)
	if err != nil {
		return err
	}
	for i, e := range endings {
		do(point{seq: e.seq, at: first + int32(i)})
	}
	return nil
}
