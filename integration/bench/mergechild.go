package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
)

// mergeEvents are events of the shop by number, as DuckDB makes them: keys ascend.
const mergeEvents = `SELECT 'e' || lpad(i::VARCHAR, 12, '0') AS event_id, make_timestamp(1767225600000000 + i * 1000)::TIMESTAMPTZ AS timestamp,
	'u' || lpad((hash(i) %% 100000)::VARCHAR, 6, '0') AS user_id, ['view', 'click', 'buy'][1 + (hash(i + 1) %% 3)::INT] AS event_type,
	'p' || lpad((hash(i + 2) %% 20000)::VARCHAR, 5, '0') AS product_id, 'Northern Headphones ' || (hash(i + 3) %% 200) AS product_name,
	['electronics', 'home', 'toys', 'books', 'garden'][1 + (hash(i + 4) %% 5)::INT] AS category, (hash(i + 5) %% 10000) / 100.0::DOUBLE AS price,
	(1 + hash(i + 6) %% 8)::INT AS quantity FROM %s`

// makeMergeable makes tables "plain" and "vectors" of the same rows, and "source.parquet": every second of the newest rows, and as many new ones.
func makeMergeable(ctx context.Context, dir string, rows int) error {
	tables := service.Tables{}
	for name, props := range map[string]map[string]string{"plain": nil, "vectors": {"delta.enableDeletionVectors": "true"}} {
		store, err := local.New(dir + "/" + name)
		if err != nil {
			return err
		}
		var t *table.Table
		for first := 0; first < rows; first += rowsPerFile {
			query := fmt.Sprintf(mergeEvents, fmt.Sprintf("range(%d, %d) r(i)", first, first+rowsPerFile))
			err := tables.Rows(ctx, service.Input{Query: query}, func(s *arrow.Schema, in iter.Seq2[arrow.RecordBatch, error]) (err error) {
				if t == nil {
					columns, err := table.SchemaOf(s)
					if err != nil {
						return err
					}
					if t, err = table.Create(ctx, store, table.CreateOptions{Schema: columns, Properties: props}); err != nil {
						return err
					}
				}
				_, err = t.Append(ctx, in, table.AppendOptions{WriteOptions: table.WriteOptions{Parallelism: 1}})
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	const half = mergedRows / 2
	query := fmt.Sprintf(mergeEvents, fmt.Sprintf("(SELECT %d + 2 * i AS i FROM range(0, %d) r(i) UNION ALL SELECT %d + i FROM range(0, %d) r(i))", rows-2*half, half, rows, half))
	return sql.WithSession(sql.Options{}, func(s *sql.Session) error {
		st, err := s.Prepare(ctx, "COPY ("+query+") TO "+sql.Literal(dir+"/source.parquet"))
		if err != nil {
			return err
		}
		defer st.Close()
		for rec, err := range st.Run(ctx) {
			if err != nil {
				return err
			}
			rec.Release()
		}
		return nil
	})
}

// mergeChild is ingestd's side, alone in its process; it prints what it measured.
func mergeChild(ctx context.Context, dir, source string) error {
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
	stmt := merge.Statement{On: "t.event_id = s.event_id", Clauses: merge.Upsert()}
	return service.Tables{}.Rows(ctx, service.Input{Source: source}, func(s *arrow.Schema, in iter.Seq2[arrow.RecordBatch, error]) error {
		r, err := merge.Merge(ctx, t, compiler, stmt, s, in, merge.Options{})
		if err != nil {
			return err
		}
		note := fmt.Sprintf("source %v, scan %v, write %v; %d files looked at", r.Materialize, r.Scan, r.Rewrite, r.FilesScanned)
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"seconds": time.Since(began).Seconds(), "Updated": r.RowsUpdated, "Inserted": r.RowsInserted, "note": note})
	})
}
