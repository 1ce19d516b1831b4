package merge

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/expression"
)

// pairs are rows of a file and the source row that matches them, in the order of the file: the first one, where several may.
type pairs struct {
	positions []int64 // in the file
	sources   []int   // in the part
}

// rows are the positions as a set.
func (p *pairs) rows() *deletionvector.Bitmap {
	out := deletionvector.New()
	for _, pos := range p.positions {
		out.Add(uint64(pos))
	}
	return out
}

// pairsAtOnce is how many pairs the rest of a condition is evaluated on at once.
const pairsAtOnce = 64 << 10

// find reads the columns of a file by which rows match, and gives the pairs that do.
func (p *part) find(ctx context.Context, f *file) (pairs, error) {
	var out pairs
	on := &p.plan.on
	for rows, err := range p.c.Rows(ctx, f.add, table.ScanOptions{Columns: p.plan.targetColumns()}) {
		if err != nil {
			return out, err
		}
		err = p.findIn(ctx, f, on, rows, &out)
		rows.Release()
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func (p *part) findIn(ctx context.Context, f *file, on *condition, rows table.FileRows, out *pairs) error {
	keys, err := on.keysOf(ctx, rows.Rec, on.target, on.targetKeys)
	if err != nil {
		return err
	}
	defer keys.Release()
	var at []int32
	var sources []int
	flush := func() error {
		if on.rest != nil {
			if at, sources, err = p.keepRest(ctx, rows.Rec, at, sources); err != nil {
				return err
			}
		}
		err := p.found(f, rows.Positions, at, sources, out)
		at, sources = at[:0], sources[:0]
		return err
	}
	for i, h := range keys.Hash(nil) {
		for r := p.index.First(h, keys, i); r >= 0; r = p.index.Next(r) {
			at, sources = append(at, int32(i)), append(sources, r)
		}
		if len(at) >= pairsAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// found notes pairs. A row that more than one source row matches is an error where it matters.
func (p *part) found(f *file, positions []int64, at []int32, sources []int, out *pairs) error {
	tolerated := p.plan.stmt.toleratesMultiple()
	for i, row := range at {
		p.matched.Set(sources[i])
		pos := positions[row]
		again := len(out.positions) > 0 && out.positions[len(out.positions)-1] == pos
		if !again && p.remembers() {
			again = f.matched.Contains(uint64(pos))
			f.matched.Add(uint64(pos))
		}
		if again {
			if !tolerated {
				return &MultipleMatchError{Path: f.add.Path, Position: pos, On: p.plan.stmt.On}
			}
			continue
		}
		out.positions, out.sources = append(out.positions, pos), append(out.sources, sources[i])
	}
	return nil
}

// keepRest keeps the pairs for which the rest of the condition is true.
func (p *part) keepRest(ctx context.Context, rec arrow.RecordBatch, at []int32, sources []int) ([]int32, []int, error) {
	keep := make([]bool, len(at))
	err := p.rows.Each(sources, func(chunk arrow.RecordBatch, in, which []int32) error {
		joined, err := p.join(ctx, p.plan.on.rest.Columns(), rec, pick(at, which), chunk, in)
		if err != nil {
			return err
		}
		defer joined.Release()
		is, err := p.plan.on.rest.Eval(ctx, joined)
		if err != nil {
			return err
		}
		defer is.Release()
		for i, w := range which {
			keep[w] = is.Value(i)
		}
		return nil
	})
	n := 0
	for i, k := range keep {
		if k {
			at[n], sources[n] = at[i], sources[i]
			n++
		}
	}
	return at[:n], sources[:n], err
}

// join gives columns of the joined schema of pairs: rows rowsAt of rec and sourceAt of chunk. The caller releases the result.
func (p *part) join(ctx context.Context, columns []string, rec arrow.RecordBatch, rowsAt []int32, chunk arrow.RecordBatch, sourceAt []int32) (arrow.RecordBatch, error) {
	fields, cols := make([]arrow.Field, len(columns)), make([]arrow.Array, len(columns))
	defer func() { arrowrows.Release(cols) }()
	table, source := arrowrows.Indices(rowsAt), arrowrows.Indices(sourceAt)
	defer table.Release()
	defer source.Release()
	for i, name := range columns {
		side := p.plan.sides[name]
		from, at := rec, table
		if side.source {
			from, at = chunk, source
		}
		n := from.Schema().FieldIndices(side.column)[0]
		var err error
		if cols[i], err = arrowrows.Take(ctx, from.Column(n), at); err != nil {
			return nil, fmt.Errorf("column %s: %w", side.column, err)
		}
		fields[i] = arrow.Field{Name: name, Type: cols[i].DataType(), Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(len(sourceAt))), nil
}

// side is where a column of the joined schema comes from.
type side struct {
	source bool
	column string
}

func (p *plan) setSides() {
	p.sides = map[string]side{}
	for _, f := range p.target.Schema.Fields() {
		p.sides[expression.Field(p.target, f.Name)] = side{false, f.Name}
	}
	for _, f := range p.source.Schema.Fields() {
		p.sides[expression.Field(p.source, f.Name)] = side{true, f.Name}
	}
}

// pick gives some elements.
func pick[T any](from []T, which []int32) []T {
	out := make([]T, len(which))
	for i, w := range which {
		out[i] = from[w]
	}
	return out
}
