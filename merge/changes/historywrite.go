package changes

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// insert writes the versions that changes make.
func (h *historic) insert(ctx context.Context) error {
	var all []*version
	for _, l := range h.all {
		all = append(all, l.made...)
	}
	h.pools = make([]arrow.Array, len(h.columns))
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
	cols, fields := make([]arrow.Array, len(h.columns)), make([]arrow.Field, len(h.columns))
	defer func() { arrowrows.Release(cols) }()
	for c, name := range h.columns {
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
		at[i] = h.source(v, column)
		unknown[i] = unknown[i] || at[i] < 0
		beyond = beyond || at[i] >= int32(h.count)
	}
	from := h.rows.Column(column)
	if beyond {
		if h.pools[column] == nil {
			parts := []arrow.Array{from}
			for _, g := range h.given {
				parts = append(parts, g.Column(column))
			}
			all, err := array.Concatenate(parts, memory.DefaultAllocator)
			if err != nil {
				return nil, err
			}
			h.pools[column] = all
		}
		from = h.pools[column]
	}
	indices := arrowrows.IndicesOrNull(at)
	defer indices.Release()
	return arrowrows.Take(ctx, from, indices)
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

// give keeps rows of the table that versions of changes take values from.
func (h *historic) give(ctx context.Context, rec arrow.RecordBatch, at []int32, versions []*version) error {
	if len(at) == 0 {
		return nil
	}
	some, err := arrowrows.Some(ctx, rec, at)
	if err != nil {
		return err
	}
	defer some.Release()
	cols, fields := make([]arrow.Array, len(h.columns)), make([]arrow.Field, len(h.columns))
	defer func() { arrowrows.Release(cols) }()
	for c, name := range h.columns {
		fields[c] = h.rows.Schema().Field(c)
		if j := some.Schema().FieldIndices(name); len(j) == 0 { // the column is new
			cols[c] = arrowmap.Nulls(fields[c].Type, len(at))
		} else if cols[c], err = castTo(ctx, some.Column(j[0]), fields[c]); err != nil {
			return err
		}
	}
	like := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(len(at)))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given = append(h.given, like)
	for _, v := range versions {
		v.stored.given = h.numGiven
		h.numGiven++
	}
	return nil
}
