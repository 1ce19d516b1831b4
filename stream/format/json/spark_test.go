package json_test

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/stream/format/json/jsontest"
	"github.com/ingestd/ingestd/txlog/schema"
)

var rewrite = flag.Bool("rewrite", false, "write what the cases give into testdata")

// decodeOne gives the row of a record, or the reason why there is none.
func decodeOne(t testing.TB, opts json.Options, value []byte) (cells []string, reason string) {
	t.Helper()
	d, err := json.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	defer task.Close()
	batch, rejected, err := task.Decode(records{{Value: value}})
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Release()
	if len(rejected) > 0 {
		return nil, rejected[0].Reason
	}
	return row(batch, 0), ""
}

func ddl(t testing.TB, text string) *schema.Struct {
	t.Helper()
	s, err := schema.ParseDDL(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// The cases were run through Spark 4.2; where it gives something else the file says why.
func TestRecordsAreReadAsSparkReadsThem(t *testing.T) {
	files, err := jsontest.Files("testdata")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cases, err := jsontest.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := range cases {
				c := &cases[i]
				cells, reason := decodeOne(t, json.Options{Schema: ddl(t, c.Schema)}, c.Record())
				if *rewrite {
					spark := c.WantSpark()
					c.Cells, c.Rejected, c.Spark = cells, reason != "", nil
					if spark.Malformed != c.Rejected || !spark.Malformed && !slices.Equal(spark.Cells, cells) {
						c.Spark = &spark
					}
				}
				if c.Rejected != (reason != "") || !slices.Equal(c.Cells, cells) {
					t.Errorf("%s of %s: got %v %q, want %v, rejected %v", c.Record(), c.Schema, cells, reason, c.Cells, c.Rejected)
				}
				if (c.Spark != nil) != (c.Why != "") {
					t.Errorf("%s of %s: %v %q, Spark gives %+v: why is %q", c.Record(), c.Schema, cells, reason, c.WantSpark(), c.Why)
				}
			}
			if *rewrite {
				if err := jsontest.Write(file, cases); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
