package service

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/action"
)

// recordsOf is the number of rows that a file's statistics tell; 0 where they do not.
func recordsOf(a *action.Add) int64 {
	if a.Stats == nil {
		return 0
	}
	var stats struct {
		NumRecords int64 `json:"numRecords"`
	}
	if json.Unmarshal([]byte(*a.Stats), &stats) != nil {
		return 0
	}
	return stats.NumRecords
}

// deadLetterCounts counts the dead letters of a query by partition, and reports those that are there twice.
func (b Builder) deadLetterCounts(ctx context.Context, c *config.Query, r *Reconciliation) (map[string]int64, error) {
	counts := map[string]int64{}
	if c.DeadLetter.Table == "" {
		return counts, nil
	}
	if _, err := b.Tables.Open(ctx, c.DeadLetter.Table); notATable(err) {
		return counts, nil
	}
	replayed, err := b.replayed(ctx, c)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`SELECT topic || '/' || partition, count(DISTINCT "offset"), count(*) FROM delta(%s) WHERE query = %s GROUP BY 1`,
		sql.Literal(c.DeadLetter.Table), sql.Literal(c.Name))
	err = b.each(ctx, text, func(p string, distinct, all int64) {
		counts[p] = distinct
		if all > distinct && replayed == 0 { // what is replayed and refused again is there again
			r.Problems = append(r.Problems, fmt.Sprintf("%s: %d dead letters are there more than once", p, all-distinct))
		}
	})
	return counts, err
}

// duplicates looks for rows that are there twice, by the offset columns or by a key.
func (b Builder) duplicates(ctx context.Context, c *config.Query, t *table.Table, r *Reconciliation, key string) error {
	columns := ""
	switch {
	case key != "":
		if t.Schema().Field(key) == nil {
			return fmt.Errorf("table %s has no column %s%s", t.Location(), key, suggest.DidYouMean(key, t.Schema().Names()))
		}
		columns = sql.Identifier(key)
	case t.Schema().Field("_topic") != nil && t.Schema().Field("_partition") != nil && t.Schema().Field("_offset") != nil:
		columns = "_topic, _partition, _offset"
	default:
		return nil
	}
	r.Duplicates = 0
	text := fmt.Sprintf("SELECT 'x', count(*), coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) - 1 AS n FROM delta(%s) GROUP BY %s HAVING count(*) > 1)", sql.Literal(c.Sink.Delta.Table), columns)
	return b.each(ctx, text, func(_ string, keys, rows int64) {
		if r.Duplicates = rows; rows > 0 {
			r.Problems = append(r.Problems, fmt.Sprintf("duplicates: %d rows too many for %d values of %s", rows, keys, columns))
		}
	})
}

// each runs a query of a string and two numbers.
func (b Builder) each(ctx context.Context, text string, row func(string, int64, int64)) error {
	return sql.WithSession(sql.Options{OpenTable: b.Tables.OpenRef}, func(session *sql.Session) error {
		for rec, err := range session.Query(ctx, text) {
			if err != nil {
				return err
			}
			for i := range int(rec.NumRows()) {
				row(rec.Column(0).(*array.String).Value(i), rec.Column(1).(*array.Int64).Value(i), rec.Column(2).(*array.Int64).Value(i))
			}
			rec.Release()
		}
		return nil
	})
}
