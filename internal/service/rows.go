package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
)

// Input says where the rows come from that go to a table. Exactly one of its parts is set.
type Input struct {
	// Source is a file (.parquet, .csv, .json, .jsonl or .ndjson, perhaps with * in it), or the path or URL of a Delta table.
	Source string
	// Query is SQL as "ingestd query" takes it.
	Query string
	// JSON holds one object a line.
	JSON io.Reader
}

// InputError says that an input is not one.
type InputError struct{ Reason string }

func (e *InputError) Error() string { return e.Reason }

// readers are DuckDB's functions for files, by the ending of their names.
var readers = map[string]string{
	".parquet": "read_parquet(%s)", ".csv": "read_csv(%s)", ".csv.gz": "read_csv(%s)", ".tsv": "read_csv(%s)",
	".json": jsonFile, ".jsonl": jsonLines, ".ndjson": jsonLines, ".json.gz": jsonFile, ".jsonl.gz": jsonLines, ".ndjson.gz": jsonLines,
}

// JSON is objects: without saying so, others would become texts in a column of the name json.
const (
	jsonFile  = "read_json(%s, records => true)"
	jsonLines = "read_json(%s, format => 'newline_delimited', records => true)"
)

// Rows calls f with the rows of an input and their schema. The rows can be taken once; f releases the batches that it
// takes. Timestamps of CSV and JSON files, which have no type there, are instants in UTC, as Spark infers them.
// Errors: *InputError; *sql.SQLError; those of Open.
func (t Tables) Rows(ctx context.Context, in Input, f func(*arrow.Schema, iter.Seq2[arrow.RecordBatch, error]) error) error {
	switch {
	case in.JSON != nil:
		name, err := spool(ctx, in.JSON)
		if err != nil {
			return err
		}
		return errors.Join(t.fileRows(ctx, file{name: name, called: "standard input", read: jsonLines}, f), os.Remove(name))
	case in.Query != "":
		return t.selected(ctx, in.Query, false, f)
	}
	name := strings.ToLower(path.Base(in.Source))
	for ending, read := range readers {
		if strings.HasSuffix(name, ending) {
			return t.fileRows(ctx, file{name: in.Source, called: in.Source, read: read, typed: ending == ".parquet"}, f)
		}
	}
	return t.tableRows(ctx, in.Source, f)
}

func (t Tables) tableRows(ctx context.Context, url string, f func(*arrow.Schema, iter.Seq2[arrow.RecordBatch, error]) error) error {
	tab, err := t.Open(ctx, url)
	if err != nil {
		if notATable(err) && path.Ext(url) != "" {
			return &InputError{fmt.Sprintf("%s is no file that can be read (%s) and no Delta table", url, strings.Join(endings(), ", "))}
		}
		return err
	}
	schema, err := tab.ScanSchema(table.ScanOptions{})
	if err != nil {
		return err
	}
	return f(schema, tab.Scan(ctx, table.ScanOptions{}))
}

func endings() []string {
	var out []string
	for e := range readers {
		out = append(out, e)
	}
	slices.Sort(out)
	return out
}

func (t Tables) selected(ctx context.Context, query string, inferred bool, f func(*arrow.Schema, iter.Seq2[arrow.RecordBatch, error]) error) error {
	return sql.WithSession(sql.Options{OpenTable: t.OpenRef, OpenChanges: t.OpenChanges, KeepOrder: true}, func(s *sql.Session) error {
		st, err := s.Prepare(ctx, query)
		if err != nil {
			return err
		}
		defer func() { st.Close() }()
		if instants := instants(st.Schema()); inferred && instants != "" {
			zoned, err := s.Prepare(ctx, "SELECT * REPLACE ("+instants+") "+query)
			if err != nil {
				return err
			}
			st.Close()
			st = zoned
		}
		return f(st.Schema(), st.Run(ctx))
	})
}

// instants makes TIMESTAMPs of those columns that are timestamps without a zone.
func instants(s *arrow.Schema) string {
	var list []string
	for _, field := range s.Fields() {
		if ts, ok := field.Type.(*arrow.TimestampType); ok && ts.TimeZone == "" {
			name := sql.Identifier(field.Name)
			list = append(list, "CAST("+name+" AS TIMESTAMPTZ) AS "+name)
		}
	}
	return strings.Join(list, ", ")
}
