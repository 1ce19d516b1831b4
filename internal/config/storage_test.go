package config

import (
	"strings"
	"testing"
)

const arbitrated = `
name: q
source: {kafka: {brokers: [a:1], topics: [t]}}
sink: {delta: {table: s3://lake/t}}
storage: {s3: {commit: `

func TestTheCommitArbiterHasSparksDefaults(t *testing.T) {
	f, err := Parse("p.yaml", []byte(arbitrated+`{dynamodb: {secret_access_key: hush, access_key_id: AKIA}}}}`), OS())
	if err != nil {
		t.Fatal(err)
	}
	d := f.Storage.S3.Commit.DynamoDB
	if d.Table != "delta_log" || d.Region != "us-east-1" || d.Scheme != "s3a" || d.TTL.Hours() != 24 || d.SecretAccessKey.Reveal() != "hush" {
		t.Errorf("%+v", d)
	}
	if f, err := Parse("p.yaml", []byte(strings.Split(arbitrated, "storage")[0]), OS()); err != nil || f.Storage.S3.Commit.DynamoDB != nil {
		t.Errorf("without the key: %v, %v", f, err)
	}
}

func TestMistakesInTheCommitArbiterAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                         "names no arbiter",
		`{dynamo: {}}`:               "dynamo",
		`{dynamodb: {table: "a b"}}`: "not \"a b\"",
		`{dynamodb: {scheme: s4}}`:   "s4",
		`{dynamodb: {endpoint: "localhost:8000"}}`:        "http://127.0.0.1:8000",
		`{dynamodb: {access_key_id: x}}`:                  "together",
		`{dynamodb: {ttl: 1s}}`:                           "at least 1h",
		`{dynamodb: {read_capacity: 0}}`:                  "at least 1",
		`{dynamodb: {on_demand: true, read_capacity: 7}}`: "excludes",
		`{dynamodb: {tabel: x}}`:                          "table",
	} {
		_, err := Parse("p.yaml", []byte(arbitrated+text+`}}`), OS())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "storage.s3.commit") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
