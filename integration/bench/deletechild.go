package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog"
)

// makeDeletable makes two tables of the same rows: "plain", and "vectors" with deletion vectors on.
func makeDeletable(ctx context.Context, dir string, files, rows int) error {
	s, err := table.ParseSchema("id BIGINT, user_id STRING, product STRING, category STRING, price DOUBLE, quantity INT, note STRING, at TIMESTAMP")
	if err != nil {
		return err
	}
	plain, err := newTable(ctx, dir+"/plain", table.CreateOptions{Schema: s})
	if err != nil {
		return err
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewSource(1))
	for f := range files {
		o := table.AppendOptions{WriteOptions: table.WriteOptions{Parallelism: 1, TargetFileSize: 1 << 40}}
		if _, err := plain.Append(ctx, deletableRows(r, as, f*rows, rows), o); err != nil {
			return err
		}
	}
	vectors, err := newTable(ctx, dir+"/vectors", table.CreateOptions{Schema: s, Properties: map[string]string{txlog.PropDeletionVectors: "true"}})
	if err != nil {
		return err
	}
	tx, err := vectors.Begin(vectors.Snapshot(), txlog.Operation{Name: "CONVERT"})
	if err != nil {
		return err
	}
	for add, err := range plain.Snapshot().Files(ctx) {
		if err != nil {
			return err
		}
		tx.Stage(add)
	}
	if _, err := vectors.CommitTransaction(ctx, tx); err != nil {
		return err
	}
	return filepath.WalkDir(dir+"/plain", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".parquet") && !strings.Contains(path, "_delta_log") {
			err = os.Link(path, dir+"/vectors/"+filepath.Base(path))
		}
		return err
	})
}

func newTable(ctx context.Context, dir string, o table.CreateOptions) (*table.Table, error) {
	store, err := local.New(dir)
	if err != nil {
		return nil, err
	}
	return table.Create(ctx, store, o)
}

// deletableRows are rows with ids from first.
func deletableRows(r *rand.Rand, s *arrow.Schema, first, n int) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		const step = 50_000
		for from := 0; from < n; from += step {
			b := array.NewRecordBuilder(memory.DefaultAllocator, s)
			for i := range min(step, n-from) {
				b.Field(0).(*array.Int64Builder).Append(int64(first + from + i))
				b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("user-%06d", r.Intn(200_000)))
				b.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("product-%05d", r.Intn(20_000)))
				b.Field(3).(*array.StringBuilder).Append(fmt.Sprintf("category %d", r.Intn(20)))
				b.Field(4).(*array.Float64Builder).Append(float64(r.Intn(1_000_000)) / 100)
				b.Field(5).(*array.Int32Builder).Append(int32(1 + r.Intn(9)))
				b.Field(6).(*array.StringBuilder).Append(fmt.Sprintf("%x", r.Uint64()))
				b.Field(7).(*array.TimestampBuilder).Append(arrow.Timestamp(1_700_000_000_000_000 + r.Int63n(1e13)))
			}
			rec := b.NewRecordBatch()
			b.Release()
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// deleteChild is ingestd's side, alone in its process; it prints what it measured.
func deleteChild(ctx context.Context, dir string) error {
	began := time.Now()
	store, err := local.New(dir)
	if err != nil {
		return err
	}
	t, err := table.Open(ctx, store)
	if err != nil {
		return err
	}
	compiler := sql.NewCompiler(sql.Options{}, nil)
	defer func() { _ = compiler.Close() }()
	rows, err := arrowmap.ToArrow(t.Schema())
	if err != nil {
		return err
	}
	where, err := compiler.Filter(ctx, deletePredicate, rows)
	if err != nil {
		return err
	}
	r, err := dml.Delete(ctx, t, where, dml.Options{})
	if err != nil {
		return err
	}
	note := fmt.Sprintf("scan %v, write %v", r.Scan, r.Rewrite)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"seconds": time.Since(began).Seconds(), "deleted": r.DeletedRows, "note": note})
}
