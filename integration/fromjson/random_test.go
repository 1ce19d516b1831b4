//go:build integration

package fromjson

import (
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/ingestd/ingestd/txlog/schema"
)

var (
	seed  = flag.Uint64("seed", 20261123, "of the records")
	count = flag.Int("records", 2000, "how many for each schema")
)

// schemas are what the records are made for.
var schemas = []string{
	"a TINYINT, b SMALLINT", "a INT", "a BIGINT", "a FLOAT", "a DOUBLE", "a BOOLEAN, b INT", "a STRING", "a BINARY",
	"a DECIMAL(5,0)", "a DECIMAL(10,2)", "a DECIMAL(18,18)", "a DECIMAL(38,10)", "a DATE", "a TIMESTAMP", "a TIMESTAMP_NTZ",
	"a ARRAY<INT>, b ARRAY<STRING>", "a MAP<STRING, BIGINT>", "a STRUCT<b: INT, c: STRUCT<d: DOUBLE, e: DATE>>",
	"a ARRAY<STRUCT<b: INT, c: MAP<STRING, ARRAY<STRING>>>>, d MAP<STRING, STRUCT<e: TIMESTAMP, f: DECIMAL(12,3)>>",
	"event_id STRING, timestamp TIMESTAMP, user_id BIGINT, event_type STRING, price DOUBLE, quantity INT",
	"`a b` INT, `A_b` STRING, `é` DOUBLE, `a.b` BIGINT",
}

func TestRandomRecordsAreReadAsSparkReadsThem(t *testing.T) {
	groups := make([]group, len(schemas))
	for i, ddl := range schemas {
		s, err := schema.ParseDDL(ddl)
		if err != nil {
			t.Fatal(err)
		}
		g := generator{Rand: rand.New(rand.NewPCG(*seed, uint64(i)))}
		groups[i].Schema = ddl
		for range *count {
			groups[i].Records = append(groups[i].Records, g.record(s))
		}
	}
	explained := map[string]int{}
	for i, answers := range spark(t, groups) {
		t.Run(groups[i].Schema, func(t *testing.T) { compare(t, groups[i], answers, explained) })
	}
	t.Logf("differences that are meant to be: %v", explained)
}

// compare holds our answers against Spark's.
func compare(t *testing.T, g group, spark []answer, explained map[string]int) {
	rows, wrong := 0, 0
	for i, our := range ours(t, g) {
		if our.reason == "" {
			rows++
		}
		if our.equal(spark[i]) {
			continue
		}
		if why := explain(string(g.Records[i]), our, spark[i]); why != "" {
			explained[why]++
			continue
		}
		const most = 20
		if wrong++; wrong <= most {
			t.Errorf("%s\n\twe give    %q %s\n\tSpark gives %q %s", g.Records[i], our.cells, our.reason, spark[i].cells, spark[i].reason)
		}
	}
	t.Logf("%d records, %d rows, %d wrong", len(g.Records), rows, wrong)
	if rows < len(g.Records)/5 || rows == len(g.Records) {
		t.Errorf("%d of %d records are rows: they do not test much", rows, len(g.Records))
	}
}
