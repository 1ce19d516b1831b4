package arbiter

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestTablesAreSpelledAsHadoopSpellsThem(t *testing.T) {
	for _, tc := range []struct{ root, scheme, table, want string }{
		{"s3://lake/a b/t", "s3a", "", "s3a://lake/a b/t"},
		{"s3://lake", "s3", "", "s3://lake/"},
		{"s3://lake", "s3a", "x/t/", "s3a://lake/x/t"},
		{"file:///data/t", "s3a", "", "file:/data/t"},
		{"/data/t", "s3a", "", "file:/data/t"},
		{"memory://x", "s3a", "", "memory://x"},
	} {
		if got := tablePath(tc.root, tc.scheme, tc.table); got != tc.want {
			t.Errorf("%v: %s", tc, got)
		}
	}
}

func TestOnlyCommitsGoThroughTheArbiter(t *testing.T) {
	for key, want := range map[string]bool{
		"_delta_log/00000000000000000007.json":                                true,
		"a/b/_delta_log/00000000000000000007.json":                            true,
		"_delta_log/00000000000000000007.crc":                                 false,
		"_delta_log/0000000000000000007.json":                                 false,
		"_delta_log/00000000000000000007.checkpoint.parquet":                  false,
		"_delta_log/.tmp/00000000000000000007.json":                           false,
		"x_delta_log/00000000000000000007.json":                               false,
		"_delta_log/_sidecars/00000000000000000007.json":                      false,
		"_delta_log/_staged_commits/00000000000000000007.a.json":              false,
		"00000000000000000007.json":                                           false,
		"_delta_log/00000000000000000001.00000000000000000003.compacted.json": false,
	} {
		p, ok := commitPlace(key)
		if ok != want || ok && p.key() != key {
			t.Errorf("%s: %v, %v", key, ok, p)
		}
	}
	if p, ok := (place{"t/", "00000000000000000100.json"}).previous(); !ok || p.key() != "t/_delta_log/00000000000000000099.json" {
		t.Error(p, ok)
	}
	if _, ok := (place{"", "00000000000000000000.json"}).previous(); ok {
		t.Error("something is before version 0")
	}
	if _, ok := (place{"", "99999999999999999999.json"}).previous(); ok {
		t.Error("a version that is no number has one before")
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add("s3a://b/t", "00000000000000000001.json", ".tmp/00000000000000000001.json.x", "false")
	f.Add("", "x", "../x", "true")
	f.Fuzz(func(t *testing.T, path, file, temp, complete string) {
		e, wrong := parseEntry(map[string]types.AttributeValue{
			attrTablePath: text(path), attrFileName: text(file), attrTempPath: text(temp), attrComplete: text(complete),
		})
		if wrong == "" && !e.complete && (!commitName(e.fileName) || temp[:5] != ".tmp/") {
			t.Errorf("%+v was taken", e)
		}
	})
}
