package autocdc

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
)

// Decoder makes changes of the rows of another decoder, whose rows are all of one schema. It knows the offset of each row; a record that cannot be
// applied is rejected with its reason, as one that cannot be decoded is. It is safe for concurrent use. The compiler of its expressions must outlive it.
type Decoder struct {
	rows stream.Decoder
	plan *plan
}

var _ stream.MultiDecodeTask = (*task)(nil)

// NewDecoder compiles the words over the rows of a decoder. Errors: those of [Check]; [stream.ErrNoSchema].
func NewDecoder(ctx context.Context, rows stream.Decoder, o Options) (*Decoder, error) {
	if rows.Schema() == nil {
		return nil, stream.ErrNoSchema
	}
	p, err := compile(ctx, o, rows.Schema())
	if err != nil {
		return nil, err
	}
	return &Decoder{rows: rows, plan: p}, nil
}

// Schema implements stream.Decoder.
func (d *Decoder) Schema() *arrow.Schema { return d.plan.batch.Schema() }

// NewTask implements stream.Decoder: a [stream.MultiDecodeTask].
func (d *Decoder) NewTask() stream.DecodeTask { return &task{d: d, rows: d.rows.NewTask()} }

type task struct {
	d    *Decoder
	rows stream.DecodeTask
}

// Close implements stream.DecodeTask.
func (t *task) Close() { t.rows.Close() }

// Decode implements stream.DecodeTask. The partition's name is that of Kafka.
func (t *task) Decode(recs stream.Records) (arrow.RecordBatch, []stream.Rejected, error) {
	partition := ""
	if recs.Len() > 0 {
		r := recs.At(0)
		partition = fmt.Sprintf("%s/%d", r.Topic, r.Partition)
	}
	batches, rejected, err := t.DecodeAll(partition, recs)
	if err != nil || len(batches) == 0 {
		return nil, rejected, err
	}
	return batches[0], rejected, nil
}

// DecodeAll implements stream.MultiDecodeTask, with at most one batch.
func (t *task) DecodeAll(partition string, recs stream.Records) ([]arrow.RecordBatch, []stream.Rejected, error) {
	rows, rejected, err := t.rows.Decode(recs)
	if err != nil || rows == nil {
		return nil, rejected, err
	}
	defer rows.Release()
	if rows.NumRows() == 0 {
		return nil, rejected, nil
	}
	of, err := recordsOf(rows, recs, rejected)
	if err != nil {
		return nil, nil, err
	}
	// A decoder has no context of its own; what is asked here ends with the batch.
	ctx := context.Background()
	out, refused, err := t.convert(ctx, rows, placed{partition, func(row int32) int64 { return recs.At(of[row]).Position() }})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range refused {
		rejected = append(rejected, recs.At(of[r.row]).Reject(r.reason))
	}
	if out == nil {
		return nil, rejected, nil
	}
	return []arrow.RecordBatch{out}, rejected, nil
}

// convert is plan.convert for changes that are admitted; else all are refused.
func (t *task) convert(ctx context.Context, rows arrow.RecordBatch, at placed) (arrow.RecordBatch, []refusal, error) {
	p := t.d.plan
	if p.o.Admit != nil {
		reason, err := p.o.Admit(ctx, p.batch)
		if err != nil {
			return nil, nil, err
		}
		if reason != "" {
			var all []refusal
			for i := range int32(rows.NumRows()) {
				all = append(all, refusal{i, reason})
			}
			return nil, all, nil
		}
	}
	return p.convert(ctx, rows, at)
}

// recordsOf finds the record that each row was made of: rows come in the order of their records, without those that were rejected.
func recordsOf(rows arrow.RecordBatch, recs stream.Records, rejected []stream.Rejected) ([]int, error) {
	of := make([]int, 0, rows.NumRows())
	for k := range recs.Len() {
		if len(rejected) > 0 && rejected[0].Record.Position() == recs.At(k).Position() {
			rejected = rejected[1:]
			continue
		}
		of = append(of, k)
	}
	if len(of) != int(rows.NumRows()) {
		return nil, errors.New("internal error: the decoder does not tell which records it dropped")
	}
	return of, nil
}
