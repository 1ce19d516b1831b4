//go:build integration

package engines

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/feature"
)

// foreign are tables with features that Spark makes.
var foreign = []struct {
	feature, create string // after CREATE TABLE x
	then            string // one more statement; %s is the table
}{
	{feature: "deletionVectors", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors'='true')"},
	{feature: "columnMapping", create: "(id INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode'='name')"},
	{feature: "columnMapping", create: "(id INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode'='id')"},
	{feature: "v2Checkpoint", create: "(id INT) USING delta TBLPROPERTIES ('delta.checkpointPolicy'='v2')"},
	{feature: "typeWidening", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableTypeWidening'='true')"},
	{feature: "variantType", create: "(id INT, v VARIANT) USING delta"},
	{feature: "identityColumns", create: "(id INT, n BIGINT GENERATED ALWAYS AS IDENTITY) USING delta"},
	{feature: "generatedColumns", create: "(id INT, n INT GENERATED ALWAYS AS (id + 1)) USING delta"},
	{feature: "checkConstraints", create: "(id INT) USING delta", then: "ALTER TABLE %s ADD CONSTRAINT positive CHECK (id > 0)"},
	{feature: "changeDataFeed", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed'='true')"},
	{feature: "rowTracking", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableRowTracking'='true')"},
	{feature: "inCommitTimestamp", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableInCommitTimestamps'='true')"},
	{feature: "allowColumnDefaults", create: "(id INT, n INT DEFAULT 3) USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults'='supported')"},
	{feature: "clustering", create: "(id INT) USING delta CLUSTER BY (id)"},
	{feature: "appendOnly", create: "(id INT) USING delta TBLPROPERTIES ('delta.appendOnly'='true')"},
	{feature: "vacuumProtocolCheck", create: "(id INT) USING delta TBLPROPERTIES ('delta.feature.vacuumProtocolCheck'='supported')"},
	{feature: "domainMetadata", create: "(id INT) USING delta TBLPROPERTIES ('delta.feature.domainMetadata'='supported')"},
	{feature: "none", create: "(id INT NOT NULL, wall TIMESTAMP_NTZ) USING delta"},
}

func TestWeWriteTablesWithEveryFeature(t *testing.T) {
	spark := parts.Spark(t)
	compiler := sql.NewCompiler(sql.Options{}, nil)
	defer compiler.Close()
	expressions := table.WithExpressions(func() (expression.Compiler, error) { return compiler, nil })
	for _, f := range foreign {
		t.Run(f.create, func(t *testing.T) {
			dir := folder(t)
			name := "delta.`" + dir + "`"
			statements := []string{"CREATE TABLE " + name + " " + f.create}
			if f.then != "" {
				statements = append(statements, fmt.Sprintf(f.then, name))
			}
			insert := "INSERT INTO " + name + " (id) VALUES (1)"
			for _, s := range append(statements, insert) {
				if _, err := spark.SQL(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			tab, err := table.Open(t.Context(), store(t, dir), expressions)
			if err != nil {
				t.Fatal(err)
			}
			if names := feature.Names(tab.Snapshot().Protocol()); f.feature != "none" && !slices.Contains(names, f.feature) {
				t.Errorf("the table has the features %q, not %s", names, f.feature)
			}
			before, err := scan(t.Context(), tab, table.ScanOptions{Columns: []string{"id"}})
			if err != nil || len(before.Rows) != 1 || before.Rows[0][0] != "1" {
				t.Errorf("rows %v: %v", before.Rows, err)
			}
			if _, err = tryAdd(t.Context(), tab, table.AppendOptions{}, rows(t, "id INT NOT NULL", `{"id":2}`)); err != nil {
				t.Fatal(err)
			}
			if _, err := spark.SQL(t.Context(), insert); err != nil {
				t.Errorf("Spark cannot go on after us: %v", err)
			}
			got, err := spark.SQL(t.Context(), "SELECT id FROM "+name)
			if err != nil || len(got.Rows) != 3 {
				t.Errorf("rows %v: %v", got.Rows, err)
			}
		})
	}
}
