package txlog

import (
	"strings"
	"testing"
)

func TestNamesOfTheLogAreRecognised(t *testing.T) {
	const v = "00000000000000000010"
	for name, want := range map[string]logName{
		v + ".json":               {kind: commitFile, version: 10},
		v + ".crc":                {kind: checksumFile, version: 10},
		v + ".checkpoint.parquet": {kind: classicCheckpoint, version: 10},
		v + ".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json":    {kind: uuidCheckpoint, version: 10, unique: "80a083e8-7026-4e79-81be-64bd76c43a11", format: "json"},
		v + ".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet": {kind: uuidCheckpoint, version: 10, unique: "80a083e8-7026-4e79-81be-64bd76c43a11", format: "parquet"},
		v + ".checkpoint.0000000002.0000000003.parquet":                {kind: multiPartCheckpoint, version: 10, part: 2, parts: 3},
		v + ".00000000000000000012.compacted.json":                     {kind: compactedFile, version: 10, end: 12},

		v + ".00000000000000000010.compacted.json":      {},
		v + ".checkpoint.0000000004.0000000003.parquet": {},
		v + ".checkpoint.0000000000.0000000003.parquet": {},
		v + ".checkpoint.2.3.parquet":                   {},
		v + ".3a0d65cd.json":                            {},
		"0000000000000000010.json":                      {},
		"000000000000000000100.json":                    {},
		"99999999999999999999.json":                     {},
		"0000000000000000001x.json":                     {},
		"_last_checkpoint":                              {},
		"." + v + ".json.crc":                           {},
		"_staged_commits/" + v + ".json":                {},
		v + ".json.tmp":                                 {},
	} {
		if got := parseName(logDir + name); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if parseName("elsewhere/"+v+".json") != (logName{}) {
		t.Error("a file that is not in the log")
	}
	for _, v := range []int64{0, 7, 1 << 40} {
		if n := parseName(commitKey(v)); n.kind != commitFile || n.version != v {
			t.Errorf("%s", commitKey(v))
		}
		if n := parseName(checkpointKey(v)); n.kind != classicCheckpoint || n.version != v {
			t.Errorf("%s", checkpointKey(v))
		}
		if !(belowVersion(v) < commitKey(v)) || v > 0 && !(strings.Compare(commitKey(v-1), belowVersion(v)) < 0) {
			t.Errorf("order around %d", v)
		}
	}
}
