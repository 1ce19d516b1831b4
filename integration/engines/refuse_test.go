//go:build integration

package engines

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/feature"
)

// foreign are tables with features that Spark makes; later versions of ingestd will take some of them.
var foreign = []struct {
	feature, create string // after CREATE TABLE x
	then            string // one more statement; %s is the table
	read, write     bool   // whether we take it
}{
	{feature: "deletionVectors", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors'='true')"},
	{feature: "columnMapping", create: "(id INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode'='name')"},
	{feature: "columnMapping", create: "(id INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode'='id')"},
	{feature: "v2Checkpoint", create: "(id INT) USING delta TBLPROPERTIES ('delta.checkpointPolicy'='v2')"},
	{feature: "typeWidening", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableTypeWidening'='true')"},
	{feature: "variantType", create: "(id INT, v VARIANT) USING delta"},
	{feature: "identityColumns", create: "(id INT, n BIGINT GENERATED ALWAYS AS IDENTITY) USING delta", read: true},
	{feature: "generatedColumns", create: "(id INT, n INT GENERATED ALWAYS AS (id + 1)) USING delta", read: true},
	{feature: "checkConstraints", create: "(id INT) USING delta", then: "ALTER TABLE %s ADD CONSTRAINT positive CHECK (id > 0)", read: true},
	{feature: "changeDataFeed", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed'='true')", read: true},
	{feature: "rowTracking", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableRowTracking'='true')", read: true},
	{feature: "inCommitTimestamp", create: "(id INT) USING delta TBLPROPERTIES ('delta.enableInCommitTimestamps'='true')", read: true},
	{feature: "allowColumnDefaults", create: "(id INT, n INT DEFAULT 3) USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults'='supported')", read: true},
	{feature: "clustering", create: "(id INT) USING delta CLUSTER BY (id)", read: true},
	{feature: "appendOnly", create: "(id INT) USING delta TBLPROPERTIES ('delta.appendOnly'='true')", read: true, write: true},
	{feature: "vacuumProtocolCheck", create: "(id INT) USING delta TBLPROPERTIES ('delta.feature.vacuumProtocolCheck'='supported')", read: true, write: true},
	{feature: "domainMetadata", create: "(id INT) USING delta TBLPROPERTIES ('delta.feature.domainMetadata'='supported')", read: true, write: true},
	{feature: "none", create: "(id INT NOT NULL, wall TIMESTAMP_NTZ) USING delta", read: true, write: true},
}

func TestTablesWithLaterFeaturesAreRefusedByName(t *testing.T) {
	spark := parts.Spark(t)
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
			tab, err := table.Open(t.Context(), store(t, dir))
			if !f.read {
				refusal(t, err, f.feature, true)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			before, err := scan(t.Context(), tab, table.ScanOptions{Columns: []string{"id"}})
			if err != nil || len(before.Rows) != 1 || before.Rows[0][0] != "1" {
				t.Errorf("rows %v: %v", before.Rows, err)
			}
			_, err = tryAdd(t.Context(), tab, table.AppendOptions{}, rows(t, "id INT NOT NULL", `{"id":2}`))
			if !f.write {
				refusal(t, err, f.feature, false)
				return
			}
			if err != nil {
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

func refusal(t *testing.T, err error, name string, read bool) {
	t.Helper()
	var refused *feature.UnsupportedFeatureError
	if !errors.As(err, &refused) || !slices.Contains(refused.Features, name) || refused.Reader != read {
		t.Errorf("got %v, want a refusal that names %s", err, name)
	}
}
