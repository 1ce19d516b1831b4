package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/ingestd/ingestd/integration/parts"
)

// rows are what PostgreSQL says of a table.
type rows struct {
	Keys  []string `json:"keys"`  // the columns of the primary key, in its order
	Types []string `json:"types"` // of the columns, as PostgreSQL spells them
	parts.Text
}

const listTables = `SELECT n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
	(SELECT json_agg(a.attname ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = c.oid AND i.indisprimary),
	(SELECT json_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('public', 'Other Schema') AND c.relname NOT IN ('marker', 'signals') ORDER BY 1, 2`

// tables reads the tables of a sample as they are, by "schema.table".
func (s *studio) tables(ctx context.Context, database string, sample sample) (map[string]rows, error) {
	list, err := s.postgres.Query(ctx, database, listTables)
	if err != nil {
		return nil, err
	}
	all := map[string]rows{}
	for _, row := range list.Rows {
		schema, name, quoted := *row[0], *row[1], *row[2]
		if len(sample.tables) > 0 && (schema != "public" || !slices.Contains(sample.tables, name)) {
			continue
		}
		table := rows{Keys: []string{}}
		if row[3] != nil {
			if err := json.Unmarshal([]byte(*row[3]), &table.Keys); err != nil {
				return nil, err
			}
		}
		if err := json.Unmarshal([]byte(*row[4]), &table.Types); err != nil {
			return nil, err
		}
		if table.Text, err = s.postgres.Query(ctx, database, "SELECT * FROM "+quoted+" ORDER BY 1, 2"); err != nil {
			return nil, err
		}
		all[schema+"."+name] = table
	}
	return all, nil
}

// writeRows writes a line for each table.
func writeRows(file string, before, after map[string]rows) error {
	var out bytes.Buffer
	section := func(name string, all map[string]rows, end string) error {
		fmt.Fprintf(&out, "%q: {\n", name)
		for i, table := range slices.Sorted(maps.Keys(all)) {
			if i > 0 {
				out.WriteString(",\n")
			}
			fmt.Fprintf(&out, "%q: ", table)
			encoder := json.NewEncoder(&out)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(all[table]); err != nil {
				return err
			}
			out.Truncate(out.Len() - 1) // the end of the line
		}
		out.WriteString("\n}" + end)
		return nil
	}
	out.WriteString("{")
	if err := section("before", before, ",\n"); err != nil {
		return err
	}
	if err := section("after", after, "}\n"); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}
