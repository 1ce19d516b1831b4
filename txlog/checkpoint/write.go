package checkpoint

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

const (
	rowsPerGroup = 50_000
	batchRows    = 512
)

// State is what a checkpoint holds. The sequences are read once for each time that the file is
// written, which is more than once where the store has to try again.
type State struct {
	Top     []action.Action // protocol, metaData, txn, domainMetadata; others are left out
	Adds    iter.Seq2[*action.Add, error]
	Removes iter.Seq2[*action.Remove, error] // tombstones to keep
}

// Written says what was written.
type Written struct {
	Actions int64
	Adds    int64
	Bytes   int64
	V2      *V2Written // nil: it is a classic one
}

// codecs are those that may be named by delta.parquet.compression.codec and that are written; any
// other name gives zstd, which readers must know.
var codecs = map[string]compress.Codec{
	"uncompressed": &parquet.Uncompressed, "none": &parquet.Uncompressed, "snappy": &parquet.Snappy,
	"gzip": &parquet.Gzip, "lz4_raw": &parquet.Lz4Raw, "zstd": &parquet.Zstd,
}

// Write writes a classic checkpoint ("V1 Spec") as a stream: memory is that of one row group, not
// of the table. The file appears whole or not at all; of several writers the last one wins.
// Errors: those of the sequences and of Store.Put.
func Write(ctx context.Context, store objstore.Store, key string, s State, l Layout, codec string) (Written, error) {
	var last *producer
	body := objstore.Body{Size: -1, Open: func() (io.ReadCloser, error) {
		last = produce(func(w io.Writer) (Written, error) { return writeTo(ctx, w, s, l, codec) })
		return last, nil
	}}
	info, err := store.Put(ctx, key, body, objstore.Cond{})
	if last != nil {
		out, failed := last.result()
		if failed != nil && err != nil { // the put failed because the content did
			return Written{}, fmt.Errorf("write checkpoint %s: %w", key, failed)
		}
		if err == nil {
			out.Bytes = info.Size
			return out, nil
		}
	}
	return Written{}, fmt.Errorf("write checkpoint %s: %w", key, err)
}

func writeTo(ctx context.Context, w io.Writer, s State, l Layout, codec string) (Written, error) {
	out := newRowBatch(w, l, classicFile, codec)
	for _, a := range s.Top {
		switch a.(type) {
		case *action.Protocol, *action.Metadata, *action.Txn, *action.DomainMetadata:
			if err := out.add(ctx, func() { out.sh.setTop(a) }); err != nil {
				return Written{}, err
			}
		}
	}
	var written Written
	for a, err := range s.Adds {
		if err == nil {
			err = out.add(ctx, func() { out.sh.setAdd(a) })
		}
		if err != nil {
			return Written{}, err
		}
		written.Adds++
	}
	for r, err := range s.Removes {
		if err == nil {
			err = out.add(ctx, func() { out.sh.setRemove(r) })
		}
		if err != nil {
			return Written{}, err
		}
	}
	written.Actions = out.count
	return written, out.close(ctx)
}

func newRowBatch(w io.Writer, l Layout, of contents, codec string) *rowBatch {
	c := codecs[codec]
	if c == nil {
		c = &parquet.Zstd
	}
	sh := newActionShredder(l, of)
	return &rowBatch{sh: sh, w: parquet.NewGenericWriter[any](w, sh.schema,
		parquet.Compression(c), parquet.DataPageVersion(1), parquet.MaxRowsPerRowGroup(rowsPerGroup))}
}

// rowBatch hands rows to the writer, some at a time. Rows share one array of values.
type rowBatch struct {
	sh    *actionShredder
	w     *parquet.GenericWriter[any]
	rows  []parquet.Row
	n     int
	count int64
}

func (b *rowBatch) add(ctx context.Context, set func()) error {
	b.sh.begin()
	set()
	if b.n == len(b.rows) {
		b.rows = append(b.rows, nil)
	}
	b.rows[b.n] = b.sh.row(b.rows[b.n][:0])
	b.n++
	b.count++
	if b.n == batchRows {
		return b.flush(ctx)
	}
	return nil
}

func (b *rowBatch) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := b.w.WriteRows(b.rows[:b.n])
	b.n = 0
	return err
}

// close ends the file.
func (b *rowBatch) close(ctx context.Context) error {
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.w.Close()
}
