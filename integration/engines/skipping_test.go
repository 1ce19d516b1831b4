//go:build integration

package engines

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

var predicateCount = flag.Int("predicates", 80, "how many each engine is asked")

// TestNoRowIsLostToOurStatistics asks each engine for rows by predicates, which it answers with the help of our
// statistics and partition values, and for the predicates of all rows, which it answers without.
func TestNoRowIsLostToOurStatistics(t *testing.T) {
	dir := folder(t)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, skipColumns), PartitionBy: []string{"part", "pday"},
		Properties: map[string]string{"delta.checkpointInterval": "4", "delta.checkpoint.writeStatsAsStruct": "true"}})
	r := rand.New(rand.NewPCG(17, 18))
	for file := range 6 { // many partition values, so many files of few rows: narrow bounds
		batch := randomRows(r, arrowSchema(t, skipColumns), 30)
		ids := array.NewInt64Builder(memory.DefaultAllocator)
		for i := range 30 {
			ids.Append(int64(file*30 + i))
		}
		numbered, err := batch.SetColumn(0, ids.NewArray())
		if err != nil {
			t.Fatal(err)
		}
		add(t, tab, table.AppendOptions{}, numbered)
	}
	for name, run := range queries(t, dir) {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(19, 20))
			var predicates []string
			n := *predicateCount
			if name == "spark" {
				n /= 4 // it plans a second for each
			}
			for range n {
				predicates = append(predicates, randomPredicate(r, dialects[name]))
			}
			all, err := run(t.Context(), computed(predicates))
			if err != nil {
				t.Fatal(err)
			}
			got, err := run(t.Context(), filtered(predicates))
			if err != nil {
				t.Fatal(err)
			}
			want := passing(all)
			want.Columns, want.Types = got.Columns, got.Types
			if diff := want.Diff(got); diff != "" {
				t.Errorf("%s\nof\n%s", diff, numbered(predicates))
			}
			t.Logf("%d rows pass %d predicates", len(want.Rows), len(predicates))
		})
	}
}

func numbered(predicates []string) string {
	var b strings.Builder
	for k, p := range predicates {
		fmt.Fprintf(&b, "%d: %s\n", k, p)
	}
	return b.String()
}

// queries run a query over the table at dir, which it calls t.
func queries(t *testing.T, dir string) map[string]func(context.Context, string) (parts.Rows, error) {
	return map[string]func(context.Context, string) (parts.Rows, error){
		"spark": func(ctx context.Context, query string) (parts.Rows, error) {
			return parts.Spark(t).SQL(ctx, strings.ReplaceAll(query, " FROM t", " FROM delta.`"+dir+"`"))
		},
		"duckdb": func(ctx context.Context, query string) (parts.Rows, error) {
			return parts.DuckDB(t).SQL(ctx, strings.ReplaceAll(query, " FROM t", " FROM delta_scan('"+dir+"')"))
		},
		"delta-rs": func(ctx context.Context, query string) (parts.Rows, error) {
			return parts.DeltaRS(t).SQL(ctx, query, map[string]string{"t": dir})
		},
	}
}
