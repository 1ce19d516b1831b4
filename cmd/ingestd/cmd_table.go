package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/action"
)

// attempts is how often commands that someone waits for try a request to S3: some two seconds, where "run" tries for 15.
const attempts = 5

func (a *app) tables() service.Tables {
	return service.Tables{Storage: a.storage, Logger: a.logger(), MaxAttempts: attempts, Expressions: a.expressions}
}

// versionFlags pick a version of a table for commands that can look back.
type versionFlags struct {
	version   int64
	timestamp string
}

func (v *versionFlags) add(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&v.version, "version", -1, "the table as of this version")
	cmd.Flags().StringVar(&v.timestamp, "timestamp", "", "the table as of this moment: 2026-01-31T12:00:00Z, or a date")
}

func (a *app) openTable(ctx context.Context, url string, v versionFlags) (*table.Table, error) {
	if v.version < -1 {
		return nil, usageError{fmt.Errorf("--version %d: versions begin with 0", v.version)}
	}
	if v.version >= 0 && v.timestamp != "" {
		return nil, usageError{errors.New("--version and --timestamp exclude each other")}
	}
	var at service.AsOf
	if v.version >= 0 {
		at.Version = &v.version
	}
	if v.timestamp != "" {
		moment, err := parseMoment(v.timestamp)
		if err != nil {
			return nil, err
		}
		at.Time = &moment
	}
	return a.tables().OpenAsOf(ctx, url, at)
}

func parseMoment(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("--timestamp %q is not a time; write 2026-01-31T12:00:00Z or 2026-01-31", s)}
}

func (a *app) describeCommand() *cobra.Command {
	var v versionFlags
	cmd := &cobra.Command{
		Use:   "describe TABLE",
		Short: "Show what a table is: schema, partitioning, size, properties, protocol",
		Long: `Show what a table is, with the columns of Spark's DESCRIBE DETAIL and, besides, its
version and schema and what deletion vectors have taken out.`,
		Example: `  ingestd describe ./demo-table
  ingestd describe ./demo-table --version 1 -o json`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.openTable(cmd.Context(), args[0], v)
			if err != nil {
				return err
			}
			return a.describe(cmd.Context(), t)
		},
	}
	v.add(cmd)
	return cmd
}

func (a *app) describe(ctx context.Context, t *table.Table) error {
	d, err := t.Describe(ctx)
	if err != nil {
		return err
	}
	columns := []string{"format", "id", "name", "description", "location", "createdAt", "lastModified", "partitionColumns",
		"clusteringColumns", "numFiles", "sizeInBytes", "properties", "minReaderVersion", "minWriterVersion", "tableFeatures", "numDeletionVectors", "numDeletedRows",
		"version", "schema"}
	row := output.Row{d.Format, d.ID, deref(d.Name), deref(d.Description), d.Location, moment(d.CreatedAt), moment(&d.LastModified),
		d.PartitionColumns, d.ClusteringColumns, d.NumFiles, d.SizeInBytes, d.Properties, d.MinReaderVersion, d.MinWriterVersion, d.TableFeatures,
		d.NumDeletionVectors, d.NumDeletedRows, d.Version,
		t.Schema().DDL()}
	return output.One(a.stdout, a.format(), columns, row)
}

func (a *app) historyCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "history TABLE",
		Short: "Show the commits of a table, newest first",
		Example: `  ingestd history ./demo-table
  ingestd history ./demo-table --limit 1 -o json`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.openTable(cmd.Context(), args[0], versionFlags{version: -1})
			if err != nil {
				return err
			}
			return a.history(cmd.Context(), t, limit)
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 0, "show at most so many commits (default all)")
	return cmd
}

// history prints all of Spark's columns as JSON and CSV, and in a table those that fit.
func (a *app) history(ctx context.Context, t *table.Table, limit int) error {
	format := a.format()
	columns := []string{"version", "timestamp", "userId", "userName", "operation", "operationParameters", "job", "notebook", "clusterId",
		"readVersion", "isolationLevel", "isBlindAppend", "operationMetrics", "userMetadata", "engineInfo"}
	if format == output.Table {
		columns = []string{"version", "timestamp", "operation", "operationParameters", "operationMetrics", "engineInfo"}
	}
	rows := func(yield func(output.Row, error) bool) {
		for h, err := range t.History(ctx, limit) {
			row := output.Row{h.Version, moment(&h.Timestamp), deref(h.UserID), deref(h.UserName), h.Operation, h.OperationParameters,
				raw(h.Job), raw(h.Notebook), deref(h.ClusterID), deref(h.ReadVersion), h.IsolationLevel, deref(h.IsBlindAppend),
				h.OperationMetrics, deref(h.UserMetadata), h.EngineInfo}
			if format == output.Table {
				row = output.Row{row[0], row[1], row[4], row[5], row[12], row[14]}
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	return output.Rows(a.stdout, format, columns, rows)
}

func (a *app) filesCommand() *cobra.Command {
	var v versionFlags
	cmd := &cobra.Command{
		Use:   "files TABLE",
		Short: "List the data files of a table, with partition values, deletion vectors and statistics",
		Example: `  ingestd files ./demo-table
  ingestd files ./demo-table --version 2 -o csv`,
		Args: args("TABLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.openTable(cmd.Context(), args[0], v)
			if err != nil {
				return err
			}
			columns := []string{"path", "partitionValues", "size", "modificationTime", "deletionVector", "stats"}
			return output.Rows(a.stdout, a.format(), columns, fileRows(t.Files(cmd.Context())))
		},
	}
	v.add(cmd)
	return cmd
}

func fileRows(files iter.Seq2[table.File, error]) iter.Seq2[output.Row, error] {
	return func(yield func(output.Row, error) bool) {
		for f, err := range files {
			partition := make(output.Object, 0, len(f.PartitionValues))
			for _, k := range sortedKeys(f.PartitionValues) {
				partition = append(partition, output.Member{Name: k, Value: deref(f.PartitionValues[k])})
			}
			var stats any
			if f.Stats != nil {
				if stats = *f.Stats; json.Valid([]byte(*f.Stats)) {
					stats = json.RawMessage(*f.Stats)
				}
			}
			if !yield(output.Row{f.Path, partition, f.Size, moment(&f.ModificationTime), vector(f.DeletionVector), stats}, err) || err != nil {
				return
			}
		}
	}
}

// vector is a deletion vector with the names of the protocol; nil without one.
func vector(v *action.DeletionVector) any {
	if v == nil {
		return nil
	}
	return output.Object{{Name: "storageType", Value: string(v.StorageType)}, {Name: "pathOrInlineDv", Value: v.PathOrInlineDv},
		{Name: "offset", Value: deref(v.Offset)}, {Name: "sizeInBytes", Value: v.SizeInBytes}, {Name: "cardinality", Value: v.Cardinality}}
}

// deref is the value or nil.
func deref[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func raw(m json.RawMessage) any {
	if m == nil {
		return nil
	}
	return m
}

func moment(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
