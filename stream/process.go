package stream

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/sync/errgroup"
)

// tally counts what flows through a batch.
type tally struct {
	records  atomic.Int64 // read
	rejected atomic.Int64
	bytes    atomic.Int64
}

// process reads the range of b and passes it through the workers: decode, operators, writer. At
// most two chunks for each worker are in memory at once.
func (r *run) process(ctx context.Context, id BatchID, b *batch, w Writer, dl DeadLetterWriter, n *tally) (err error) {
	flow, err := r.beginFlow(ctx, id, w)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := flow.close(); err == nil {
			err = cerr
		}
	}()
	if err := r.decodeAll(ctx, b, flow, dl, n); err != nil {
		return err
	}
	return flow.finish(ctx)
}

// decodeAll reads the range and has all of it decoded and processed.
func (r *run) decodeAll(ctx context.Context, b *batch, flow *flow, dl DeadLetterWriter, n *tally) error {
	if len(b.from) == 0 {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	chunks := make(chan Chunk, len(r.tasks))
	g.Go(func() error {
		defer close(chunks)
		if err := r.read(ctx, b, chunks, n); err != nil {
			return fmt.Errorf("read from source %s: %w", r.Source.Name(), err)
		}
		return nil
	})
	for _, task := range r.tasks {
		g.Go(func() error {
			for c := range chunks {
				if err := r.work(ctx, task, c, flow, dl, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	for c := range chunks { // what no worker took
		c.done()
	}
	return err
}

// read deals the chunks of b's range out and checks that they cover it.
func (r *run) read(ctx context.Context, b *batch, chunks chan<- Chunk, n *tally) error {
	missing := b.to.Rows(b.from)
	for c, err := range r.Source.Read(ctx, b.from.Clone(), b.to.Clone()) {
		if err != nil {
			return err
		}
		if from, ok := b.from[c.Partition]; !ok || c.From < from || c.To > b.to[c.Partition] || c.To <= c.From {
			c.done()
			return fmt.Errorf("chunk [%d, %d) of %s is outside of the range [%d, %d)", c.From, c.To, c.Partition, from, b.to[c.Partition])
		}
		missing -= c.To - c.From
		n.bytes.Add(c.Bytes)
		select {
		case chunks <- c:
		case <-ctx.Done():
			c.done()
			return ctx.Err()
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if missing != 0 {
		return fmt.Errorf("%d offsets of the range are missing", missing)
	}
	return nil
}

func (c Chunk) done() {
	if c.Done != nil {
		c.Done()
	}
}

// work decodes a chunk, puts what is rejected aside and passes the rows on.
func (r *run) work(ctx context.Context, task DecodeTask, c Chunk, flow *flow, dl DeadLetterWriter, n *tally) error {
	batches, rejected, err := decodeChunk(task, c, n)
	if err != nil {
		return fmt.Errorf("decode [%d, %d) of %s: %w", c.From, c.To, c.Partition, err)
	}
	defer func() { release(batches) }()
	if len(rejected) > 0 {
		if err := reject(ctx, c.Partition, rejected, dl, n); err != nil {
			return err
		}
	}
	for len(batches) > 0 {
		rows := batches[0]
		batches = batches[1:]
		if err := flow.head(ctx, Place{c.Partition, c.From})(rows); err != nil {
			return err
		}
	}
	return r.step(ctx, StepDecoded)
}

func release(batches []arrow.RecordBatch) {
	for _, b := range batches {
		b.Release()
	}
}

// decodeChunk decodes a chunk and gives its buffers back.
func decodeChunk(task DecodeTask, c Chunk, n *tally) ([]arrow.RecordBatch, []Rejected, error) {
	defer c.done()
	if c.Load != nil {
		if err := c.Load(); err != nil {
			return nil, nil, err
		}
	}
	n.records.Add(int64(c.Records.Len()))
	if c.Records.Len() == 0 {
		return nil, nil, nil
	}
	if multi, ok := task.(MultiDecodeTask); ok {
		return multi.DecodeAll(c.Partition, c.Records)
	}
	rows, rejected, err := task.Decode(c.Records)
	if rows == nil {
		return nil, rejected, err
	}
	return []arrow.RecordBatch{rows}, rejected, err
}

func reject(ctx context.Context, partition string, rejected []Rejected, dl DeadLetterWriter, n *tally) error {
	if dl == nil {
		return &BadRecordError{Rejected: rejected[0]}
	}
	n.rejected.Add(int64(len(rejected)))
	if err := dl.Add(ctx, partition, rejected); err != nil {
		return fmt.Errorf("put %d rejected records of %s aside: %w", len(rejected), partition, err)
	}
	return nil
}
