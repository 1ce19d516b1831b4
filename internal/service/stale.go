package service

import (
	"context"
	"log/slog"
	"time"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/objstore/local"
)

// staleAge is how old a temporary file on local disk must be to be that of a process that died.
const staleAge = 24 * time.Hour

// removeStale deletes what killed processes have left half written beside the tables of a file. It is a courtesy: what
// fails is logged, and it ends with ctx.
func removeStale(ctx context.Context, tables Tables, f *config.File, now time.Time, logger *slog.Logger) {
	for _, q := range f.Queries {
		for _, location := range locations(q) {
			store, err := tables.Store(ctx, location)
			if err != nil {
				continue // the query itself says so
			}
			disk, ok := store.(*local.Store)
			if !ok {
				continue // a put to S3 leaves nothing that a listing shows
			}
			n, err := disk.RemoveStale(ctx, now.Add(-staleAge))
			if n > 0 {
				logger.Info("removed what killed processes had left half written", "location", location, "files", n)
			}
			if err != nil && ctx.Err() == nil {
				logger.Warn("cannot look for half-written files", "location", location, "error", err)
			}
		}
	}
}

func locations(q *config.Query) []string {
	var all []string
	if q.Sink.Delta != nil {
		all = append(all, q.Sink.Delta.Table)
	}
	for _, l := range []string{q.DeadLetter.Table, q.CheckpointLocation} {
		if l != "" {
			all = append(all, l)
		}
	}
	return all
}
