package stream_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/streamtest"
)

// multi is streamtest.Decoder with a batch for each last digit of a value.
type multi struct{ streamtest.Decoder }

func (multi) Schema() *arrow.Schema { return nil }

func (m multi) NewTask() stream.DecodeTask { return multiTask{m.Decoder.NewTask()} }

type multiTask struct{ stream.DecodeTask }

func (t multiTask) DecodeAll(partition string, recs stream.Records) ([]arrow.RecordBatch, []stream.Rejected, error) {
	all, rejected, err := t.Decode(recs)
	if err != nil {
		return nil, nil, err
	}
	defer all.Release()
	groups := map[byte][]streamtest.Row{}
	for _, r := range streamtest.Rows(all) {
		if r.Partition != partition {
			return nil, nil, errors.New("rows of " + r.Partition + " in " + partition)
		}
		last := r.Value[len(r.Value)-1]
		groups[last] = append(groups[last], r)
	}
	var batches []arrow.RecordBatch
	for _, rows := range groups {
		batches = append(batches, streamtest.Batch(rows...))
	}
	return batches, rejected, nil
}

func TestAChunkMayBecomeSeveralBatches(t *testing.T) {
	w := newWorld(t).fill(40)
	q, _ := w.query(t)
	q.Decoder = multi{}
	if err := q.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectAll(t)
	if w.table.Schema() != nil {
		t.Error("the sink was opened with a schema that nobody knew")
	}
}

func TestOperatorsNeedASchema(t *testing.T) {
	w := newWorld(t).fill(1)
	q, _ := w.query(t)
	q.Decoder = multi{}
	q.Operators = []stream.Operator{&upper{name: "sql"}}
	err := q.Run(t.Context())
	if !errors.Is(err, stream.ErrNoSchema) || !strings.Contains(err.Error(), "operator sql") {
		t.Fatal(err)
	}
	if len(w.rows()) != 0 {
		t.Error("rows were written")
	}
}
