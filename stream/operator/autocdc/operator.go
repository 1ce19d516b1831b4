package autocdc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
)

// Operator makes changes of the rows that other operators give; it is the last one. A row that cannot be applied ends the query with a *[RowError], since
// nothing is left of the record that it was made of. It implements stream.Operator.
//
// Changes with equal sequences are ordered by where their rows were read, as far as the operators before keep the order of rows.
type Operator struct {
	o    Options
	plan *plan
}

// NewOperator makes an operator; Bind compiles the words.
func NewOperator(o Options) *Operator { return &Operator{o: o} }

// Name is "changes".
func (o *Operator) Name() string { return "changes" }

// Bind implements stream.Operator. Errors: those of [Check].
func (o *Operator) Bind(ctx context.Context, in *arrow.Schema) (_ *arrow.Schema, err error) {
	if o.plan, err = compile(ctx, o.o, in); err != nil {
		return nil, err
	}
	return o.plan.batch.Schema(), nil
}

// Begin implements stream.Operator.
func (o *Operator) Begin(context.Context, stream.BatchID) (stream.OperatorRun, error) {
	return &run{op: o, seen: map[stream.Place]int64{}}, nil
}

// Close implements stream.Operator.
func (o *Operator) Close() error {
	if o.plan == nil {
		return nil
	}
	return o.plan.close()
}

// run is the work on one micro-batch.
type run struct {
	op *Operator

	mu       sync.Mutex
	admitted bool
	seen     map[stream.Place]int64 // rows of a place that have come
}

var _ stream.PlacedRun = (*run)(nil)

// Process implements stream.OperatorRun.
func (r *run) Process(ctx context.Context, in arrow.RecordBatch, emit stream.Emit) error {
	return r.ProcessFrom(ctx, stream.Place{}, in, emit)
}

// placeBits leave room for so many rows that SQL makes of one record, before those of the next chunk come.
const placeBits = 16

// ProcessFrom implements stream.PlacedRun. The offset of a row is not known, but its place is: that of its chunk, and among the rows of the chunk. The
// partition is given another name, so that nobody takes the one for the other.
func (r *run) ProcessFrom(ctx context.Context, from stream.Place, in arrow.RecordBatch, emit stream.Emit) error {
	first, err := r.begin(ctx, from, in.NumRows())
	if err != nil {
		return err
	}
	p := r.op.plan
	out, refused, err := p.convert(ctx, in, placed{from.Partition + " by place", func(row int32) int64 { return from.From<<placeBits + first + int64(row) }})
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		if out != nil {
			out.Release()
		}
		return &RowError{Reason: refused[0].reason, Row: p.show(in, int(refused[0].row))}
	}
	if out == nil {
		return nil
	}
	return emit(out)
}

// begin counts rows of a place, and has the changes admitted when the first ones come.
func (r *run) begin(ctx context.Context, from stream.Place, n int64) (first int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if admit := r.op.o.Admit; admit != nil && !r.admitted {
		reason, err := admit(ctx, r.op.plan.batch)
		if err != nil {
			return 0, err
		}
		if reason != "" {
			return 0, &AdmitError{reason}
		}
	}
	r.admitted = true
	first = r.seen[from]
	r.seen[from] += n
	return first, nil
}

// Finish implements stream.OperatorRun.
func (r *run) Finish(context.Context, stream.Emit) error { return nil }

// Close implements stream.OperatorRun.
func (r *run) Close() error { return nil }

// maxShown is how many bytes of a row an error tells.
const maxShown = 200

// show tells of a row what makes it apply or not.
func (p *plan) show(rows arrow.RecordBatch, row int) string {
	names := slices.Clone(p.batch.Keys)
	for _, c := range p.sequence.Columns() {
		if !slices.Contains(names, c) {
			names = append(names, c)
		}
	}
	var parts []string
	for _, name := range names {
		for _, at := range rows.Schema().FieldIndices(name) {
			value := "null"
			if c := rows.Column(at); c.IsValid(row) {
				value = c.ValueStr(row)
			}
			parts = append(parts, name+" = "+value)
		}
	}
	s := strings.Join(parts, ", ")
	if len(s) > maxShown {
		s = fmt.Sprintf("%s...", strings.ToValidUTF8(s[:maxShown], ""))
	}
	return s
}
