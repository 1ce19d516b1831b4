package parts

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
)

// Ours reads tables by our own scan, as the engines do by theirs.
type Ours struct{}

// Read gives the rows of the newest version of the table at path, a local folder. It knows no options.
func (Ours) Read(ctx context.Context, path string, _ ...Option) (Rows, error) {
	store, err := local.New(path)
	if err != nil {
		return Rows{}, err
	}
	t, err := table.Open(ctx, store)
	if err != nil {
		return Rows{}, err
	}
	schema, err := t.ScanSchema(table.ScanOptions{})
	if err != nil {
		return Rows{}, err
	}
	return CanonOf(schema, t.Scan(ctx, table.ScanOptions{}))
}

// CanonOf is Canon of a sequence of batches, which it releases.
func CanonOf(schema *arrow.Schema, rows iter.Seq2[arrow.RecordBatch, error]) (Rows, error) {
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for batch, err := range rows {
		if err != nil {
			return Rows{}, err
		}
		batches = append(batches, batch)
	}
	return Canon(schema, batches...), nil
}
