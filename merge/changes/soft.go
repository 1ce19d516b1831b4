package changes

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/schema"
)

// The columns that tell, with [Options.SoftDelete], what happened to a row last.
const (
	DeletedColumn    = "_deleted"   // BOOLEAN: the row is gone in the source
	LastOpColumn     = "_op"        // STRING: the letter of the last change
	LastSourceColumn = "_source_ts" // when the source made it, in the type of the batch's source times; null where that is not known
)

// softColumns are those columns, in their order.
func softColumns(sourceTime arrow.DataType) []arrow.Field {
	return []arrow.Field{
		{Name: DeletedColumn, Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: LastOpColumn, Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: LastSourceColumn, Type: sourceTime, Nullable: true},
	}
}

// SoftDeletes gives what a batch is with soft deletes: its table has the columns that tell of the last change.
func (b Batch) SoftDeletes() Batch {
	b.Columns = slices.Concat(b.Columns, softColumns(about(b.SourceTime)[3].Type))
	return b
}

// softened makes updates of deletions: nothing is known of the row but its key, and that it is deleted. The caller releases the result.
func softened(rec arrow.RecordBatch, b Batch, keys []string) arrow.RecordBatch {
	n, rows := len(b.Columns), int(rec.NumRows())
	ops, source := rec.Column(n).(*array.Int8), rec.Column(n+3)
	deleted, last, op := array.NewBooleanBuilder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator), array.NewInt8Builder(memory.DefaultAllocator)
	lacks := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer func() { deleted.Release(); last.Release(); op.Release(); lacks.Release() }()
	unknown := make([]byte, (n+7)/8)
	for i, f := range b.Columns {
		if !slices.ContainsFunc(keys, func(k string) bool { return schema.Fold(k) == schema.Fold(f.Name) }) {
			unknown[i/8] |= 1 << (i % 8)
		}
	}
	known := rec.Column(n + 2).(*array.Binary)
	for i := range rows {
		o := Op(ops.Value(i))
		deleted.Append(o == Delete)
		last.Append(string(rune(o)))
		if o == Delete {
			op.Append(int8(Update))
			lacks.Append(unknown)
			continue
		}
		op.Append(int8(o))
		if k := bytesAt(known, i); k != nil {
			lacks.Append(k)
		} else {
			lacks.AppendNull()
		}
	}
	made := []arrow.Array{deleted.NewArray(), last.NewArray(), op.NewArray(), lacks.NewArray()}
	defer arrowrows.Release(made)
	cols := slices.Concat(rec.Columns()[:n], made[:2], []arrow.Array{source}, made[2:3], rec.Columns()[n+1:n+2], made[3:], rec.Columns()[n+3:])
	fields := b.SoftDeletes().Schema().Fields()
	for i := range fields {
		fields[i].Type = cols[i].DataType()
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

// sweepSoftly marks the rows of a file that a truncation takes as deleted, where they are not.
func (a *application) sweepSoftly(ctx context.Context, f *file) error {
	gone := deletionvector.New()
	for rows, err := range a.c.Rows(ctx, f.add, table.ScanOptions{Sequences: true, RowTracking: true}) {
		if err != nil {
			return err
		}
		err = a.softly(ctx, f, rows, gone)
		rows.Release()
		if err != nil {
			return err
		}
	}
	a.n.deleted.Add(gone.Cardinality())
	a.c.DeleteRows(f.add, gone)
	return nil
}

func (a *application) softly(ctx context.Context, f *file, rows table.FileRows, gone *deletionvector.Bitmap) error {
	at := rows.Rec.Schema().FieldIndices(DeletedColumn)
	var take []int32
	for i, pos := range rows.Positions {
		already := len(at) == 1 && rows.Rec.Column(at[0]).IsValid(i) && rows.Rec.Column(at[0]).(*array.Boolean).Value(i)
		if !already && !f.matched.Contains(uint64(pos)) && a.truncation.before(sequenceOf(rows, i)) {
			gone.Add(uint64(pos))
			take = append(take, int32(i))
		}
	}
	if len(take) == 0 {
		return nil
	}
	if err := a.tell(ctx, rows.Rec, take, table.ChangePreimage); err != nil {
		return err
	}
	old, err := arrowrows.Some(ctx, rows.Rec, take)
	if err != nil {
		return err
	}
	defer old.Release()
	rec, err := a.markedDeleted(ctx, old)
	if err != nil {
		return err
	}
	defer rec.Release()
	seqs := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer seqs.Release()
	for range take {
		if a.truncation.seq == nil {
			seqs.AppendNull()
		} else {
			seqs.Append(a.truncation.seq)
		}
	}
	indices := arrowrows.Indices(take)
	defer indices.Release()
	hidden, err := table.Hidden{RowIDs: rows.RowIDs}.Take(ctx, indices)
	if err != nil {
		return err
	}
	defer func() { hidden.Release() }()
	hidden.Sequences = seqs.NewBinaryArray()
	return a.c.WriteChanged(ctx, rec, table.ChangePostimage, hidden)
}

// markedDeleted gives rows with the columns of soft deletes as a truncation leaves them.
func (a *application) markedDeleted(ctx context.Context, old arrow.RecordBatch) (arrow.RecordBatch, error) {
	n := int(old.NumRows())
	deleted, last := array.NewBooleanBuilder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	defer func() { deleted.Release(); last.Release() }()
	for range n {
		deleted.Append(true)
		last.Append(string(rune(Truncate)))
	}
	made := []arrow.Array{deleted.NewArray(), last.NewArray(), nil}
	defer func() { arrowrows.Release(made) }()
	same := arrowrows.Indices(make([]int32, n))
	defer same.Release()
	var err error
	if made[2], err = arrowrows.Take(ctx, a.truncation.at, same); err != nil {
		return nil, err
	}
	fields, cols := old.Schema().Fields(), slices.Clone(old.Columns())
	for i, f := range softColumns(made[2].DataType()) {
		if at := old.Schema().FieldIndices(f.Name); len(at) == 1 {
			fields[at[0]], cols[at[0]] = f, made[i]
		} else {
			fields, cols = append(fields, f), append(cols, made[i])
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, old.NumRows()), nil
}
