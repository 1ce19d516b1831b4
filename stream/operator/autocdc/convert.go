package autocdc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table/expression"
)

// refusal is a row that cannot be applied.
type refusal struct {
	row    int32
	reason string // without the row's values
}

// placed says where the rows of a batch were read.
type placed struct {
	partition string
	offset    func(row int32) int64
}

// convert makes changes of rows, but of those that cannot be applied. The batch is the caller's to release; nil where there are no changes.
func (p *plan) convert(ctx context.Context, rows arrow.RecordBatch, at placed) (arrow.RecordBatch, []refusal, error) {
	v, refused, err := p.evaluate(ctx, rows)
	if err != nil {
		return nil, nil, err
	}
	defer v.release()
	m := newMaker(p)
	defer m.release()
	var keep, sequences []int32 // of rows, of v
	for i, row := range v.rows {
		op := v.op(i)
		reason := p.unfit(rows, int(row), v, i, op)
		if reason != "" {
			refused = append(refused, refusal{row, reason})
			continue
		}
		keep, sequences = append(keep, row), append(sequences, int32(i))
		m.add(rows, row, v, i, op, at.offset(row))
	}
	if len(keep) == 0 {
		return nil, refused, nil
	}
	out, err := m.batch(ctx, rows, keep, v.sequence, sequences, at.partition)
	return out, refused, err
}

// unfit says why a row cannot be applied.
func (p *plan) unfit(rows arrow.RecordBatch, row int, v *values, i int, op changes.Op) string {
	if v.sequence.IsNull(i) {
		return fmt.Sprintf("sequence_by (%s) is null: the change has no place among those of its key", oneLine(p.o.SequenceBy))
	}
	if op == changes.Truncate {
		return ""
	}
	for k, c := range p.keys {
		if rows.Column(p.columns[c]).IsNull(row) {
			return fmt.Sprintf("the key %s is null: which row of the table is meant is not known", p.batch.Keys[k])
		}
	}
	return ""
}

// values are what the expressions give for rows.
type values struct {
	rows               []int32 // of the batch that have values, in order
	sequence           arrow.Array
	deletes, truncates *array.Boolean // nil: never
}

func (v *values) op(i int) changes.Op {
	switch {
	case v.truncates != nil && v.truncates.Value(i):
		return changes.Truncate
	case v.deletes != nil && v.deletes.Value(i):
		return changes.Delete
	}
	return changes.Update
}

func (v *values) release() {
	if v.sequence != nil {
		v.sequence.Release()
	}
	for _, b := range []*array.Boolean{v.deletes, v.truncates} {
		if b != nil {
			b.Release()
		}
	}
}

// evaluate evaluates the expressions. Rows for which one has no value, such as a division by zero, are refused.
func (p *plan) evaluate(ctx context.Context, rows arrow.RecordBatch) (*values, []refusal, error) {
	left := make([]int32, rows.NumRows())
	for i := range left {
		left[i] = int32(i)
	}
	var refused []refusal
	for {
		some := rows
		if len(refused) > 0 {
			var err error
			if some, err = arrowrows.Some(ctx, rows, left); err != nil {
				return nil, nil, err
			}
		} else {
			some.Retain()
		}
		v, err := p.evaluateAll(ctx, some)
		some.Release()
		bad := (*expression.ValueError)(nil)
		switch {
		case err == nil:
			v.rows = left
			return v, refused, nil
		case !errors.As(err, &bad) || bad.Row >= len(left):
			return nil, nil, err
		}
		refused = append(refused, refusal{left[bad.Row], "the expression " + oneLine(bad.Text) + " has no value: " + oneLine(bad.Reason)})
		left = slices.Delete(left, bad.Row, bad.Row+1)
	}
}

func (p *plan) evaluateAll(ctx context.Context, rows arrow.RecordBatch) (v *values, err error) {
	v = &values{}
	defer func() {
		if err != nil {
			v.release()
		}
	}()
	s, err := p.sequence.Apply(ctx, rows)
	if err != nil {
		return v, err
	}
	v.sequence = s.Column(0)
	v.sequence.Retain()
	s.Release()
	if p.deletes != nil {
		if v.deletes, err = p.deletes.Eval(ctx, rows); err != nil {
			return v, err
		}
	}
	if p.truncates != nil {
		v.truncates, err = p.truncates.Eval(ctx, rows)
	}
	return v, err
}

// maker builds the columns that tell what changes do.
type maker struct {
	p       *plan
	op      *array.Int8Builder
	seq     *array.BinaryBuilder
	unknown *array.BinaryBuilder
	offset  *array.Int64Builder
	bytes   changes.Sequence
}

func newMaker(p *plan) *maker {
	mem := memory.DefaultAllocator
	return &maker{
		p: p, op: array.NewInt8Builder(mem), seq: array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary),
		unknown: array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary), offset: array.NewInt64Builder(mem),
	}
}

func (m *maker) release() {
	m.op.Release()
	m.seq.Release()
	m.unknown.Release()
	m.offset.Release()
}

// add adds the change that a row is, whose values are the i-th of v.
func (m *maker) add(rows arrow.RecordBatch, row int32, v *values, i int, op changes.Op, offset int64) {
	m.op.Append(int8(op))
	m.bytes = m.bytes[:0].Value(v.sequence, i)
	m.seq.Append(m.bytes)
	m.offset.Append(offset)
	if mask := m.nulls(rows, row); op == changes.Update && mask != nil {
		m.unknown.Append(mask)
	} else {
		m.unknown.AppendNull()
	}
}

// nulls has a bit for each column whose null is to leave what the table has; nil for none.
func (m *maker) nulls(rows arrow.RecordBatch, row int32) (mask []byte) {
	if !m.p.o.IgnoreNullUpdates {
		return nil
	}
	for i, c := range m.p.columns {
		if rows.Column(c).IsNull(int(row)) {
			if mask == nil {
				mask = make([]byte, (len(m.p.columns)+7)/8)
			}
			mask[i/8] |= 1 << (i % 8)
		}
	}
	return mask
}

// batch puts the changes together: some of the rows, with what add has told of them.
func (m *maker) batch(ctx context.Context, rows arrow.RecordBatch, keep []int32, sequence arrow.Array, sequences []int32, partition string) (arrow.RecordBatch, error) {
	var cols []arrow.Array
	defer func() { arrowrows.Release(cols) }()
	at := arrowrows.Indices(keep)
	defer at.Release()
	for _, c := range m.p.columns {
		col, err := taken(ctx, rows.Column(c), at)
		if err != nil {
			return nil, err
		}
		cols = append(cols, col)
	}
	of := arrowrows.Indices(sequences)
	defer of.Release()
	times, err := taken(ctx, sequence, of)
	if err != nil {
		return nil, err
	}
	cols = append(cols, m.op.NewArray(), m.seq.NewArray(), m.unknown.NewArray(), times, repeated(partition, len(keep)), m.offset.NewArray())
	s := m.p.batch.Schema()
	fields, meta := s.Fields(), s.Metadata()
	for i := range fields {
		fields[i].Type = cols[i].DataType() // a column may come dictionary-encoded
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, &meta), cols, int64(len(keep))), nil
}

// taken is arrowrows.Take, which gives all of a column as it is.
func taken(ctx context.Context, col, at arrow.Array) (arrow.Array, error) {
	if at.Len() == col.Len() { // places ascend
		col.Retain()
		return col, nil
	}
	return arrowrows.Take(ctx, col, at)
}

// repeated is a dictionary of one text.
func repeated(text string, n int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Append(text)
	values := b.NewArray()
	defer values.Release()
	indices := arrowrows.Indices(make([]int32, n))
	defer indices.Release()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, indices, values)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
