package parts

import (
	"fmt"
	"slices"
	"strings"
)

// Rows is a table in the canonical form that py/canon.py describes: cells are strings that spell a value the same for
// every engine, rows are sorted. Two tables hold the same multiset of rows exactly when their Rows are equal.
type Rows struct {
	Columns []string   `json:"columns"`
	Types   []string   `json:"types"` // as in Delta's DDL
	Rows    [][]string `json:"rows"`
}

// Project gives the rows with only these columns, in this order. It panics on a column that there is not.
func (r Rows) Project(columns ...string) Rows {
	at := make([]int, len(columns))
	out := Rows{Columns: columns}
	for i, column := range columns {
		if at[i] = slices.Index(r.Columns, column); at[i] < 0 {
			panic(fmt.Sprintf("parts: no column %q among %q", column, r.Columns))
		}
		out.Types = append(out.Types, r.Types[at[i]])
	}
	for _, row := range r.Rows {
		picked := make([]string, len(at))
		for i, from := range at {
			picked[i] = row[from]
		}
		out.Rows = append(out.Rows, picked)
	}
	slices.SortFunc(out.Rows, slices.Compare[[]string])
	return out
}

// Diff tells how got differs from r: "" where they hold the same columns, types and rows.
func (r Rows) Diff(got Rows) string {
	var out strings.Builder
	if !slices.Equal(r.Columns, got.Columns) {
		fmt.Fprintf(&out, "columns: want %q, got %q\n", r.Columns, got.Columns)
	}
	if !slices.Equal(r.Types, got.Types) {
		fmt.Fprintf(&out, "types: want %q, got %q\n", r.Types, got.Types)
	}
	missing, extra := minus(r.Rows, got.Rows), minus(got.Rows, r.Rows)
	if len(missing)+len(extra) > 0 {
		fmt.Fprintf(&out, "rows: want %d, got %d\n", len(r.Rows), len(got.Rows))
		list(&out, "missing", missing)
		list(&out, "extra", extra)
	}
	return out.String()
}

// minus is what is left of the sorted rows a when those of b are taken away.
func minus(a, b [][]string) [][]string {
	var left [][]string
	for len(a) > 0 {
		order := -1
		if len(b) > 0 {
			order = slices.Compare(a[0], b[0])
		}
		switch {
		case order < 0:
			left, a = append(left, a[0]), a[1:]
		case order > 0:
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return left
}

func list(out *strings.Builder, what string, rows [][]string) {
	const most = 5
	for i, row := range rows {
		if i == most {
			fmt.Fprintf(out, "  %s: and %d more\n", what, len(rows)-most)
			return
		}
		fmt.Fprintf(out, "  %s: %s\n", what, strings.Join(row, " | "))
	}
}
