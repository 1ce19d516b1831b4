//go:build integration

package merge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
)

// values is a query of DuckDB for rows of a schema, each given as in VALUES.
func values(t *testing.T, ddl string, rows []string) string {
	t.Helper()
	s, err := table.ParseSchema(ddl)
	must(t, err)
	a, err := arrowmap.ToArrow(s)
	must(t, err)
	var columns, names []string
	for i, f := range a.Fields() {
		names = append(names, fmt.Sprint("c", i))
		columns = append(columns, fmt.Sprintf(`c%d::%s AS "%s"`, i, duckType(t, f.Type), f.Name))
	}
	where := ""
	if len(rows) == 0 {
		rows, where = []string{strings.TrimSuffix(strings.Repeat("NULL, ", len(names)), ", ")}, " WHERE false"
	}
	return fmt.Sprintf("SELECT %s FROM (VALUES (%s)) x(%s)%s", strings.Join(columns, ", "), strings.Join(rows, "), ("), strings.Join(names, ", "), where)
}

// query gives the rows of a query, and writes them to a Parquet file where there is to be one.
func query(t *testing.T, text, parquet string) (s *arrow.Schema, recs []arrow.RecordBatch) {
	t.Helper()
	must(t, sql.WithSession(sql.Options{KeepOrder: true}, func(session *sql.Session) error {
		if parquet != "" {
			if err := session.Exec(t.Context(), "COPY ("+text+") TO "+sql.Literal(parquet)+" (FORMAT parquet)"); err != nil {
				return err
			}
		}
		st, err := session.Prepare(t.Context(), text)
		if err != nil {
			return err
		}
		defer st.Close()
		s = st.Schema()
		for rec, err := range st.Run(t.Context()) {
			if err != nil {
				return err
			}
			recs = append(recs, rec)
		}
		return nil
	}))
	return s, recs
}

func duckType(t *testing.T, dt arrow.DataType) string {
	t.Helper()
	switch dt := dt.(type) {
	case *arrow.Decimal128Type:
		return fmt.Sprintf("DECIMAL(%d,%d)", dt.Precision, dt.Scale)
	case *arrow.TimestampType:
		if dt.TimeZone == "" {
			return "TIMESTAMP"
		}
		return "TIMESTAMPTZ"
	case *arrow.StructType:
		var fields []string
		for _, f := range dt.Fields() {
			fields = append(fields, `"`+f.Name+`" `+duckType(t, f.Type))
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	}
	name, ok := map[arrow.Type]string{
		arrow.BOOL: "BOOLEAN", arrow.INT16: "SMALLINT", arrow.INT32: "INTEGER", arrow.INT64: "BIGINT", arrow.FLOAT32: "REAL", arrow.FLOAT64: "DOUBLE",
		arrow.DATE32: "DATE", arrow.STRING: "VARCHAR", arrow.BINARY: "BLOB",
	}[dt.ID()]
	if !ok {
		t.Fatalf("what is %s to DuckDB?", dt)
	}
	return name
}
