//go:build integration

package engines

import (
	"math/rand/v2"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/table"
)

func TestEnginesShareATableOnMinIO(t *testing.T) {
	m := parts.SharedMinIO(t)
	bucket := m.Bucket(t)
	url := "s3://" + bucket + "/lake/a table"
	st, err := s3.New(url, s3.Options{Endpoint: "http://" + m.Addr, Region: m.Region, PathStyle: true, AccessKey: m.AccessKey, SecretKey: m.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	columns := "part DATE, " + everyType // not STRING: delta-rs makes keys of it that MinIO refuses (U+FFFF)
	s := arrowSchema(t, columns)
	tab, err := table.Create(t.Context(), st, table.CreateOptions{Schema: ddl(t, columns), PartitionBy: []string{"part"}, Properties: map[string]string{"delta.checkpointInterval": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(13, 14))
	want := parts.Canon(s)
	for round := range 4 {
		batch := randomRows(r, s, 25)
		if round%2 == 0 {
			add(t, tab, table.AppendOptions{}, batch)
		} else if _, err := parts.DeltaRS(t).Append(t.Context(), url, parquetFile(t, batch), parts.On(m)); err != nil {
			t.Fatal(err)
		}
		want = joined(want, parts.Canon(s, batch))
		batch.Release()
	}
	agreeAmong(t, map[string]reader{"delta-rs": parts.DeltaRS(t), "duckdb": parts.DuckDB(t)}, "on MinIO", url, want, parts.On(m))
	if err := tab.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := scan(t.Context(), tab, table.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	parts.SameRows(t, "ingestd on MinIO", want, got)
	dir := t.TempDir()
	if err := m.Mirror(t.Context(), bucket, "lake/a table/", dir); err != nil {
		t.Fatal(err)
	}
	agree(t, "a copy", dir, want)
}
