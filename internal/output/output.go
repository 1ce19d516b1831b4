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
	"strings"

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

// Width is how many columns the terminal w has; 80 where that cannot be known.
func Width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 1 {
			return columns
		}
	}
	return 80
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
		if _, err := fmt.Fprintf(w, "%s  %s\n", pad(c, width, false), line(Text(row[i]))); err != nil {
			return err
		}
	}
	return nil
}

// line is s on one line, safe to print on a terminal.
func line(s string) string {
	if strings.ContainsFunc(s, unprintable) {
		return escape(s)
	}
	return s
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
			if fields[i], err = csvText(v); err != nil {
				return fmt.Errorf("print column %s as CSV: %w", columns[i], err)
			}
		}
		if err := c.Write(fields); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// csvText is a value for programs: as Text, but that null is empty and a map of texts JSON.
func csvText(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case map[string]string:
		b, err := marshal(x)
		return string(b), err
	}
	return Text(v), nil
}
