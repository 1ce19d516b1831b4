package service

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/delta"
)

// schemaSink is a Delta sink that remembers the schema of the rows.
type schemaSink struct {
	*delta.Sink
	schema *arrow.Schema
}

// Open implements stream.Sink.
func (s *schemaSink) Open(ctx context.Context, schema *arrow.Schema) error {
	s.schema = schema
	return s.Sink.Open(ctx, schema)
}

// rejects counts rejected records by their reason. It implements stream.DeadLetters and its writer.
type rejects struct {
	mu      sync.Mutex
	reasons map[string]int64
	example map[string]string
}

// Begin counts anew: the sample is one batch, which may be tried again.
func (r *rejects) Begin(context.Context, stream.BatchID) (stream.DeadLetterWriter, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.reasons)
	clear(r.example)
	return r, nil
}
func (r *rejects) Close() error                                 { return nil }
func (r *rejects) Commit(context.Context, stream.Offsets) error { return nil }
func (r *rejects) Abort(context.Context) error                  { return nil }

// Add counts.
func (r *rejects) Add(_ context.Context, _ string, recs []stream.Rejected) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range recs {
		r.reasons[rec.Reason]++
		if r.example[rec.Reason] == "" {
			r.example[rec.Reason] = fmt.Sprintf("%s/%d@%d", rec.Record.Topic, rec.Record.Partition, rec.Record.Offset)
		}
	}
	return nil
}

// splitPartition takes "topic/3" apart.
func splitPartition(p string) (topic string, id int32) {
	i := strings.LastIndexByte(p, '/')
	n, err := strconv.ParseInt(p[i+1:], 10, 32)
	if i < 0 || err != nil {
		return p, 0
	}
	return p[:i], int32(n)
}
