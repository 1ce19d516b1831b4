package sql

import (
	"context"
	"regexp"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// functions is what the catalog says of DuckDB's functions, by lower-case name.
type functions struct {
	// perRow are those that take a row and give a value, the same one for all parts of a batch or a random one.
	perRow map[string]bool
	// changing are those whose value is another one every time or every query.
	changing map[string]bool
	// aggregate are those over many rows.
	aggregate map[string]bool
}

// random are functions whose value is new for every row, so that parts of a batch may differ.
var random = []string{"random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid"}

// special are functions of the grammar's own, not all of which are in the catalog.
var special = []string{"unnest", "struct_pack", "list_value", "row", "coalesce", "unpivot_list"}

var word = regexp.MustCompile(`\w+`)

// loadFunctions reads the catalog once.
func (db *DB) loadFunctions(ctx context.Context, s *Session) error {
	db.functionsMu.Lock()
	defer db.functionsMu.Unlock()
	if db.functions.perRow != nil {
		return nil
	}
	kinds := map[string]map[string]bool{} // function to the kinds of its overloads
	f := functions{perRow: map[string]bool{}, changing: map[string]bool{}, aggregate: map[string]bool{}}
	macros := map[string]string{}
	query := "SELECT DISTINCT lower(function_name), function_type, coalesce(stability, 'CONSISTENT'), coalesce(macro_definition, '') FROM duckdb_functions()"
	for rec, err := range s.Query(ctx, query) {
		if err != nil {
			return err
		}
		col := func(c, row int) string { return strings.Clone(rec.Column(c).(*array.String).Value(row)) }
		for i := range int(rec.NumRows()) {
			name := col(0, i)
			if kinds[name] == nil {
				kinds[name] = map[string]bool{}
			}
			kinds[name][col(1, i)] = true
			if col(2, i) != "CONSISTENT" {
				f.changing[name] = true
			}
			macros[name] += " " + col(3, i)
		}
		rec.Release()
	}
	for _, name := range special {
		f.perRow[name] = true
	}
	for name, k := range kinds {
		f.aggregate[name] = k["aggregate"] && !k["scalar"]
		f.perRow[name] = f.perRow[name] || !k["aggregate"] && !f.changing[name] && (k["scalar"] || k["macro"])
	}
	for name, k := range kinds {
		for _, used := range word.FindAllString(strings.ToLower(macros[name]), -1) {
			if k["macro"] && (kinds[used]["aggregate"] || f.changing[used]) {
				f.perRow[name] = false
				f.changing[name] = f.changing[name] || f.changing[used]
				f.aggregate[name] = f.aggregate[name] || f.aggregate[used]
			}
		}
	}
	for _, name := range random {
		f.perRow[name] = true
	}
	db.functions = f
	return nil
}
