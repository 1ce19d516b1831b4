package changes

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
)

// insert writes the versions that changes make.
func (h *historic) insert(ctx context.Context) error {
	var all []*version
	for _, l := range h.all {
		all = append(all, l.made...)
	}
	for some := range slices.Chunk(all, writeAtOnce) {
		rec, err := h.made(ctx, some)
		if err != nil {
			return err
		}
		hidden := table.Hidden{Sequences: spansOf(some)}
		err = h.c.WriteChanged(ctx, rec, table.ChangeInsert, hidden)
		hidden.Release()
		rec.Release()
		if err != nil {
			return err
		}
		h.n.inserted.Add(int64(len(some)))
	}
	return nil
}

// made are the rows of versions that changes make.
func (h *historic) made(ctx context.Context, versions []*version) (arrow.RecordBatch, error) {
	unknown := make([]bool, len(versions))
	cols, fields := make([]arrow.Array, len(h.application.columns)), make([]arrow.Field, len(h.application.columns))
	defer func() { arrowrows.Release(cols) }()
	for c, name := range h.application.columns {
		fields[c] = h.rows.Schema().Field(c)
		var err error
		if name == EndColumn {
			cols[c], err = h.times.take(ctx, endsAt(versions))
		} else {
			cols[c], err = h.values(ctx, c, versions, unknown)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, is := range unknown {
		if is {
			h.n.unknown.Add(1)
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(len(versions))), nil
}

// values are those of a column.
func (h *historic) values(ctx context.Context, column int, versions []*version, unknown []bool) (arrow.Array, error) {
	at, beyond := make([]int32, len(versions)), false
	for i, v := range versions {
		change, row := h.source(v, column)
		if at[i] = change; row != nil {
			at[i], beyond = int32(h.count)+row.stored.given, true
		}
		unknown[i] = unknown[i] || at[i] < 0
	}
	from, err := h.pool(column, beyond)
	if err != nil {
		return nil, err
	}
	indices := arrowrows.IndicesOrNull(at)
	defer indices.Release()
	return arrowrows.Take(ctx, from, indices)
}

// pool is a column of all changes and, behind them, of the rows of the table that are lent, where these are asked for. It stays the receiver's.
func (h *historic) pool(column int, lent bool) (arrow.Array, error) {
	own := h.rows.Column(column)
	if !lent {
		return own, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pools[column] == nil {
		parts := []arrow.Array{own}
		for _, g := range h.lent {
			parts = append(parts, g.Column(column))
		}
		all, err := array.Concatenate(parts, memory.DefaultAllocator)
		if err != nil {
			return nil, err
		}
		h.pools[column] = all
	}
	return h.pools[column], nil
}

func endsAt(versions []*version) []int32 {
	at := make([]int32, len(versions))
	for i, v := range versions {
		at[i] = v.endAt
	}
	return at
}

// spansOf are what stands beside versions.
func spansOf(versions []*version) *array.Binary {
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer b.Release()
	var buf []byte
	for _, v := range versions {
		buf = v.encode(buf[:0])
		b.Append(buf)
	}
	return b.NewBinaryArray()
}
