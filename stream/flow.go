package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// flow is the way of a batch's rows: through the operators to the sink's writer.
type flow struct {
	names  []string
	runs   []OperatorRun
	writer Writer
	sink   string
}

func (r *run) beginFlow(ctx context.Context, id BatchID, w Writer) (*flow, error) {
	f := &flow{writer: w, sink: r.Sink.Name()}
	for _, op := range r.Operators {
		run, err := op.Begin(ctx, id)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("begin operator %s: %w", op.Name(), err), f.close())
		}
		f.names, f.runs = append(f.names, op.Name()), append(f.runs, run)
	}
	return f, nil
}

// head passes rows of a place into the first operator.
func (f *flow) head(ctx context.Context, of Place) Emit { return f.from(ctx, of, 0) }

// from passes rows of a place into operator i, or into the writer after the last.
func (f *flow) from(ctx context.Context, of Place, i int) Emit {
	return func(rows arrow.RecordBatch) error {
		if rows.NumRows() == 0 {
			rows.Release()
			return nil
		}
		if i == len(f.runs) {
			if err := f.writer.Write(ctx, rows); err != nil {
				return fmt.Errorf("write to sink %s: %w", f.sink, err)
			}
			return nil
		}
		defer rows.Release()
		if run, ok := f.runs[i].(PlacedRun); ok {
			return f.named(i, run.ProcessFrom(ctx, of, rows, f.from(ctx, of, i+1)))
		}
		return f.named(i, f.runs[i].Process(ctx, rows, f.from(ctx, of, i+1)))
	}
}

// finish ends the operators in order; what one emits flows through those after it.
func (f *flow) finish(ctx context.Context) error {
	for i, run := range f.runs {
		if err := run.Finish(ctx, f.from(ctx, Place{}, i+1)); err != nil {
			return f.named(i, err)
		}
	}
	return nil
}

func (f *flow) close() error {
	var errs []error
	for i, run := range f.runs {
		errs = append(errs, f.named(i, run.Close()))
	}
	return errors.Join(errs...)
}

func (f *flow) named(i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("operator %s: %w", f.names[i], err)
}
