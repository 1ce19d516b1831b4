package sql

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
)

// SQLError says what is wrong with a query, or with the rows that it met. It is not retryable: the text or
// the rows must change.
type SQLError struct {
	// Line and Column say where in the text, counted from 1, in characters; 0 where it is not known.
	Line, Column int
	// Message is one line.
	Message string
	// Cause is the error of ours that ended the query, such as that of OpenTable. It may be nil.
	Cause error

	missing string // the column that there is not
}

func (e *SQLError) Error() string {
	if e.Line == 0 {
		return "SQL: " + e.Message
	}
	return fmt.Sprintf("SQL at line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Unwrap gives the cause.
func (e *SQLError) Unwrap() error { return e.Cause }

// Retryable says no.
func (e *SQLError) Retryable() bool { return false }

// report is DuckDB's error under errors_as_json. What it has beside the message depends on the kind.
type report struct {
	Type       string `json:"exception_type"`
	Message    string `json:"exception_message"`
	Subtype    string `json:"error_subtype"`
	Position   string `json:"position"` // byte offset into the query
	Name       string `json:"name"`
	Candidates string `json:"candidates"`
}

// parseError makes an error of DuckDB's text for it. The query finds line and column.
func parseError(text, query string) *SQLError {
	var r report
	if json.Unmarshal([]byte(text[max(strings.IndexByte(text, '{'), 0):]), &r) != nil || r.Message == "" {
		return &SQLError{Message: firstLine(text)}
	}
	e := &SQLError{Message: r.message()}
	if r.Subtype == "COLUMN_NOT_FOUND" {
		e.missing = r.Name
	}
	if pos, err := strconv.Atoi(r.Position); err == nil {
		e.locate(query, pos)
	}
	return e
}

// locate sets line and column from an offset in bytes.
func (e *SQLError) locate(query string, pos int) {
	if pos < 0 || pos > len(query) {
		return
	}
	before := query[:pos]
	e.Line = 1 + strings.Count(before, "\n")
	e.Column = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

func (r report) message() string {
	switch {
	case r.Subtype == "COLUMN_NOT_FOUND" && r.Name != "":
		return fmt.Sprintf("no column %q", r.Name) + didYouMean(r.Name, strings.Split(r.Candidates, ","))
	case r.Subtype == "MISSING_ENTRY" && r.Name != "" && r.Type == "Catalog":
		kind := strings.ToLower(strings.Fields(r.Message + " entry")[0])
		if kind == "scalar" || strings.Contains(r.Message, "Function with name") {
			kind = "function"
		}
		hint := didYouMean(r.Name, strings.Split(r.Candidates, ","))
		if kind == "table" && hint == "" {
			hint = fmt.Sprintf("; a Delta table is read as %s(%s)", deltaFunction, literal(r.Name))
		}
		return fmt.Sprintf("no %s %q", kind, r.Name) + hint
	case r.Type == "Out of Memory":
		return "out of memory: raise the memory limit of SQL, or make the query need less (" + firstLine(r.Message) + ")"
	}
	return firstLine(r.Message)
}

// WithColumns names, in an error about a column that there is not, the nearest of those of schema, or all. DuckDB
// itself knows of few.
func (e *SQLError) WithColumns(schema *arrow.Schema) *SQLError {
	if e.missing == "" || schema == nil {
		return e
	}
	names := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		names[i] = f.Name
	}
	better := *e
	better.Message = fmt.Sprintf("no column %q", e.missing)
	if hint := didYouMean(e.missing, names); hint != "" {
		better.Message += hint
	} else {
		better.Message += "; there are " + strings.Join(names, ", ")
	}
	return &better
}

// didYouMean names the nearest of candidates, if one is near.
func didYouMean(name string, candidates []string) string {
	var near string
	best := len(name)/2 + 1
	for _, c := range candidates {
		c = strings.Trim(strings.TrimSpace(c), `"`)
		if d := distance(strings.ToLower(name), strings.ToLower(c)); c != "" && d < best {
			near, best = c, d
		}
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", near)
}

// distance is the number of letters to insert, delete or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := last
			if a[i] != b[j] {
				next = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// firstLine strips the kind that DuckDB puts before a message and all that follows its first line.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if kind, rest, ok := strings.Cut(s, " Error: "); ok && len(strings.Fields(kind)) <= 3 {
		s = rest
	}
	return strings.TrimSpace(s)
}
