package parts

import "context"

// A Commit is one entry of a table's history, as an engine tells it.
type Commit struct {
	Version             int64             `json:"version"`
	Operation           string            `json:"operation"`
	OperationParameters map[string]string `json:"operationParameters"`
	OperationMetrics    map[string]string `json:"operationMetrics"`
	Timestamp           int64             `json:"timestamp"` // milliseconds since the epoch
	EngineInfo          string            `json:"engineInfo"`
}

// reader is what all engines do with a Delta table.
type reader struct{ *engine }

// Read gives the rows of the table at path. Options: [AtVersion], [AtTimestamp], [On].
func (r reader) Read(ctx context.Context, path string, options ...Option) (Rows, error) {
	return r.rows(ctx, "read", merge(map[string]any{"path": path}, options))
}

// writer is what Spark and delta-rs do besides.
type writer struct{ reader }

// Append writes the rows of a Parquet file, or of a folder of them, to the table at path, which it creates where there
// is none, and returns the version it made. Options: [PartitionBy], [Mode], [WriterOptions], [On].
func (w writer) Append(ctx context.Context, path, parquet string, options ...Option) (int64, error) {
	var version int64
	err := w.call(ctx, "append", merge(map[string]any{"path": path, "parquet": parquet}, options), &version)
	return version, err
}

// History gives the commits of the table at path, newest first. Option: [On].
func (w writer) History(ctx context.Context, path string, options ...Option) ([]Commit, error) {
	var commits []Commit
	err := w.call(ctx, "history", merge(map[string]any{"path": path}, options), &commits)
	return commits, err
}

// SparkEngine is a Spark session with Delta Lake: local[2], in UTC. It reads and writes local folders.
type SparkEngine struct{ writer }

// SQL runs one statement; a table is named delta.`path`.
func (s *SparkEngine) SQL(ctx context.Context, query string) (Rows, error) {
	return s.rows(ctx, "sql", map[string]any{"query": query})
}

// DeltaRSEngine is delta-rs.
type DeltaRSEngine struct{ writer }

// SQL runs one query over tables, a path for each name used in it. Option: [On].
func (d *DeltaRSEngine) SQL(ctx context.Context, query string, tables map[string]string, options ...Option) (Rows, error) {
	return d.rows(ctx, "sql", merge(map[string]any{"query": query, "tables": tables}, options))
}

// DuckDBEngine is DuckDB with its delta extension.
type DuckDBEngine struct{ reader }

// SQL runs one statement; a table is named delta_scan('path'). Option: [On].
func (d *DuckDBEngine) SQL(ctx context.Context, query string, options ...Option) (Rows, error) {
	return d.rows(ctx, "sql", merge(map[string]any{"query": query}, options))
}
