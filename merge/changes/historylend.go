package changes

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// lend keeps the rows of a file that versions take values from.
func (h *historic) lend(ctx context.Context, f *file) error {
	return h.eachVersion(ctx, f, table.ScanOptions{Columns: h.present}, func(v *version) bool { return v.stored.donor },
		func(rows table.FileRows, versions []*version) error { return h.lendRows(ctx, rows.Rec, versions) })
}

func (h *historic) lendRows(ctx context.Context, rec arrow.RecordBatch, versions []*version) error {
	fields := h.rows.Schema().Fields()[:len(h.application.columns)]
	cols := make([]arrow.Array, len(fields))
	for c, f := range fields {
		var err error
		if i := rec.Schema().FieldIndices(f.Name); len(i) == 0 { // the column is new
			cols[c] = arrowmap.Nulls(f.Type, len(versions))
		} else if cols[c], err = castTo(ctx, rec.Column(i[0]), f); err != nil {
			return err
		}
		defer cols[c].Release()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lent = append(h.lent, array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(len(versions))))
	for _, v := range versions {
		v.stored.given = h.numLent
		h.numLent++
	}
	return nil
}
