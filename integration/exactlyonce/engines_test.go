//go:build integration

package exactlyonce

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
)

// askDuckDB has DuckDB count the events of the table and sum them up, order aside.
func (w *world) askDuckDB(ctx context.Context, l *crashtest.Ledger) {
	w.Helper()
	query := fmt.Sprintf("SELECT count(*) AS n, count(DISTINCT event_id) AS ids, count(DISTINCT (_partition, _offset)) AS places, "+
		"md5(string_agg(event_id, ',' ORDER BY event_id)) AS sum FROM delta_scan('%s')", w.p.Table)
	rows, err := parts.DuckDB(w).SQL(ctx, query, w.on()...)
	if err != nil {
		w.Fatal(err)
	}
	w.sameRow("DuckDB", rows, append(counts(l), strconv.Quote(sum(l))))
}

// askDeltaRS has delta-rs count the events of the table.
func (w *world) askDeltaRS(l *crashtest.Ledger) {
	w.Helper()
	ctx, cancel := w.within()
	defer cancel()
	rows, err := parts.DeltaRS(w).SQL(ctx, "SELECT count(*) AS n, count(DISTINCT event_id) AS ids, "+
		"count(DISTINCT concat(_partition, '@', _offset)) AS places FROM t", map[string]string{"t": w.p.Table}, w.on()...)
	if err != nil {
		w.Fatal(err)
	}
	w.sameRow("delta-rs", rows, counts(l))
}

func (w *world) on() []parts.Option {
	if w.minio == nil {
		return nil
	}
	return []parts.Option{parts.On(w.minio)}
}

// sameRow compares a result of one row.
func (w *world) sameRow(engine string, got parts.Rows, want []string) {
	w.Helper()
	if len(got.Rows) != 1 || !slices.Equal(got.Rows[0], want) {
		w.Errorf("%s finds %v = %v, want %v", engine, got.Columns, got.Rows, want)
	}
}

// counts are those of events, of their ids, and of their places in the topic, which are all the same.
func counts(l *crashtest.Ledger) []string {
	events, _ := l.Count()
	n := fmt.Sprint(events)
	return []string{n, n, n}
}

func sum(l *crashtest.Ledger) string {
	var ids []string
	for _, p := range l.Partitions {
		for _, r := range p.Records {
			if r.ID != "" {
				ids = append(ids, r.ID)
			}
		}
	}
	slices.Sort(ids)
	digest := md5.Sum([]byte(strings.Join(ids, ",")))
	return hex.EncodeToString(digest[:])
}
