// Package output prints the results of commands: as a table for people, as JSON lines or CSV for programs.
//
// It owns how values look. It knows nothing of where rows come from.
package output

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"os"

	"golang.org/x/term"
)

// Format is how rows are printed.
type Format string

// The formats of --output.
const (
	Table Format = "table" // aligned columns under a header
	JSON  Format = "json"  // one object a line, keys in the order of the columns
	CSV   Format = "csv"   // RFC 4180 with a header; null is empty
)

// Formats are all of them, for help and completion.
var Formats = []string{string(Table), string(JSON), string(CSV)}

// Default is Table on a terminal and JSON in a pipe.
func Default(w io.Writer) Format {
	if IsTerminal(w) {
		return Table
	}
	return JSON
}

// IsTerminal says whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Row is the values of a row, one a column: nil, bool, integers, floats, string, []byte,
// json.Number, json.RawMessage, []any, Object.
type Row []any

// Rows prints rows, streaming but for Table, which looks at the first rows to align them.
func Rows(w io.Writer, f Format, columns []string, rows iter.Seq2[Row, error]) error {
	switch f {
	case JSON:
		return jsonRows(w, columns, rows)
	case CSV:
		return csvRows(w, columns, rows)
	default:
		return tableRows(w, columns, rows)
	}
}

// One prints a single row: in a table each column on a line of its own, for that reads better.
func One(w io.Writer, f Format, columns []string, row Row) error {
	if f != Table {
		return Rows(w, f, columns, Slice([]Row{row}))
	}
	width := 0
	for _, c := range columns {
		width = max(width, displayWidth(c))
	}
	for i, c := range columns {
		if _, err := fmt.Fprintf(w, "%s  %s\n", pad(c, width, false), Text(row[i])); err != nil {
			return err
		}
	}
	return nil
}

// Slice makes a sequence of rows that are at hand.
func Slice(rows []Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func jsonRows(w io.Writer, columns []string, rows iter.Seq2[Row, error]) error {
	for row, err := range rows {
		if err != nil {
			return err
		}
		o := make(Object, len(row))
		for i, v := range row {
			o[i] = Member{Name: columns[i], Value: v}
		}
		line, err := marshal(o)
		if err != nil {
			return fmt.Errorf("print a row as JSON: %w", err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func csvRows(w io.Writer, columns []string, rows iter.Seq2[Row, error]) error {
	c := csv.NewWriter(w)
	if err := c.Write(columns); err != nil {
		return err
	}
	fields := make([]string, len(columns))
	for row, err := range rows {
		if err != nil {
			return err
		}
		for i, v := range row {
			if fields[i] = ""; v != nil {
				fields[i] = Text(v)
			}
		}
		if err := c.Write(fields); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
