//go:build integration

package features

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
)

// TestSparkAndWeTravelToTheSameTimes switches in-commit timestamps on in the middle of a history: each version has the
// same time for Spark and for us, and both find by that time the rows that it had. Spark then goes on, and we find its time.
func TestSparkAndWeTravelToTheSameTimes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "table")
	m := made{}
	for i, s := range [][]string{
		{"create", "$t", "--schema", "id BIGINT"}, {"append", "$t", "--query", "SELECT 1::BIGINT AS id"},
		{"alter", "$t", "set-property", "delta.enableInCommitTimestamps=true"}, {"append", "$t", "--query", "SELECT 3::BIGINT AS id"}, {"append", "$t", "--query", "SELECT 4::BIGINT AS id"}, nil,
	} {
		if s == nil {
			m.spark(t, dir, fmt.Sprintf("INSERT INTO $t VALUES (%d)", i))
			continue
		}
		ingestd(t, dir, s...)
	}
	commits, err := parts.Spark(t).History(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	times := ourTimes(t, dir)
	if len(times) != len(commits) {
		t.Fatalf("%d commits for us, %d for Spark", len(times), len(commits))
	}
	for _, c := range commits {
		at := time.UnixMilli(c.Timestamp).UTC()
		if !times[c.Version].Equal(at) {
			t.Errorf("version %d is of %v for us and of %v for Spark", c.Version, times[c.Version], at)
		}
		want, err := parts.Spark(t).Read(t.Context(), dir, parts.AtVersion(c.Version))
		if err != nil {
			t.Fatal(err)
		}
		got, err := parts.Spark(t).Read(t.Context(), dir, parts.AtTimestamp(at.Format("2006-01-02 15:04:05.000")))
		if err != nil {
			t.Fatal(err)
		}
		parts.SameRows(t, fmt.Sprintf("Spark at the time of version %d", c.Version), want, got)
		count := ingestd(t, dir, "query", "SELECT count(*) AS n FROM delta('$t', timestamp => '"+at.Format("2006-01-02T15:04:05.000Z")+"')", "-o", "csv")
		if strings.TrimSpace(count) != fmt.Sprintf("n\n%d", len(want.Rows)) {
			t.Errorf("at the time of version %d we find %q rows, Spark %d", c.Version, count, len(want.Rows))
		}
	}
}

// ourTimes are the times of all versions, as `ingestd history` has them.
func ourTimes(t *testing.T, dir string) map[int64]time.Time {
	t.Helper()
	times := map[int64]time.Time{}
	for d := json.NewDecoder(strings.NewReader(ingestd(t, dir, "history", "$t", "-o", "json"))); d.More(); {
		var c struct {
			Version   int64
			Timestamp time.Time
		}
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		times[c.Version] = c.Timestamp
	}
	return times
}
