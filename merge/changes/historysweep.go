package changes

import (
	"bytes"
	"context"

	"github.com/ingestd/ingestd/table"
)

// sweep ends the versions of a file that a truncation ends, and of which there are no changes.
func (h *historic) sweep(ctx context.Context, f *file) error {
	f.versions = nil
	scan := table.ScanOptions{Columns: []string{EndColumn}, Sequences: true}
	for rows, err := range h.c.Rows(ctx, f.add, scan) {
		if err != nil {
			return err
		}
		err = h.sweepIn(f, rows)
		rows.Release()
		if err != nil {
			return err
		}
	}
	return h.rewriteFile(ctx, f)
}

func (h *historic) sweepIn(f *file, rows table.FileRows) error {
	for i, pos := range rows.Positions {
		if f.matched.Contains(uint64(pos)) {
			continue
		}
		s, known, err := spanOf(rows, i, rows.Rec.Column(0))
		if err != nil {
			return err
		}
		p, swept := next(h.swept, s.start)
		if !known || !swept || s.end != nil && bytes.Compare(p.seq, s.end) >= 0 {
			continue
		}
		f.versions = append(f.versions, &version{
			span: span{s.start, p.seq, s.takes}, endAt: p.at, was: -1, stored: &stored{position: pos, had: s, rewrite: true},
		})
	}
	return nil
}
