//go:build integration

package features

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/cdf"
	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/golden"
)

// ourFeed is the change data feed from one version to another as we read it.
func ourFeed(ctx context.Context, dir string, from, to int64) (rows parts.Rows, err error) {
	s, err := local.New(dir)
	if err != nil {
		return rows, err
	}
	tab, err := table.Open(ctx, s)
	if err != nil {
		return rows, err
	}
	feed, err := cdf.Open(ctx, tab, cdf.Range{From: cdf.Version(from), To: cdf.Version(to)}, cdf.Options{})
	if err != nil {
		return rows, err
	}
	return parts.CanonOf(feed.Schema(), feed.Rows(ctx))
}

// sparkFeed is the same as Spark reads it.
func sparkFeed(t *testing.T, dir string, from, to int64) (parts.Rows, error) {
	return parts.Spark(t).Read(t.Context(), dir, parts.WriterOptions(map[string]any{"readChangeFeed": "true", "startingVersion": from, "endingVersion": to}))
}

// sameFeed holds the feed from a version on, and that of some versions alone, against Spark's. It says how many of them both could read.
func sameFeed(t *testing.T, dir string, from int64) (read int) {
	t.Helper()
	last := newest(t, dir)
	ranges := [][2]int64{{from, last}}
	for v := from; v <= last; v += 1 + (last-from)/4 {
		ranges = append(ranges, [2]int64{v, v})
	}
	for _, r := range ranges {
		want, err := sparkFeed(t, dir, r[0], r[1])
		got, ourErr := ourFeed(t.Context(), dir, r[0], r[1])
		refused := (*parts.EngineError)(nil)
		switch {
		case errors.As(err, &refused) && ourErr != nil:
			t.Logf("%s, versions %d to %d: Spark: %s; we: %v", filepath.Base(dir), r[0], r[1], firstLine(refused.Message), ourErr)
		case err != nil || ourErr != nil:
			t.Errorf("%s, versions %d to %d: Spark: %v; we: %v", filepath.Base(dir), r[0], r[1], err, ourErr)
		default:
			parts.SameRows(t, filepath.Base(dir)+": the change data feed", want, got)
			read++
		}
	}
	return read
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func TestGoldenChangeFeedsAreAsSparkReadsThem(t *testing.T) {
	archives, err := filepath.Glob(filepath.Join(golden.Dir(t), "more", "cdf-*.tar.zst"))
	if err != nil || len(archives) < 8 {
		t.Fatal(archives, err)
	}
	read := 0
	for _, a := range archives {
		tmp := t.TempDir()
		golden.Unpack(t, "more/"+filepath.Base(a), tmp)
		tables, err := filepath.Glob(filepath.Join(tmp, "*", "_delta_log"))
		if err != nil || len(tables) != 1 {
			t.Fatal(a, tables, err)
		}
		read += sameFeed(t, filepath.Dir(tables[0]), 0)
	}
	t.Logf("%d ranges of versions were read by both", read)
	if read < 20 {
		t.Error("too few were compared")
	}
}

// TestFeedsOfTablesThatEnginesChangeInTurns has each engine write its part of the feed of one table, and compares all of it.
func TestFeedsOfTablesThatEnginesChangeInTurns(t *testing.T) {
	for name, properties := range map[string]string{
		"plain":            "'delta.checkpointInterval' = '4'",
		"deletion vectors": "'delta.enableDeletionVectors' = 'true', 'delta.checkpointInterval' = '3'",
	} {
		t.Run(name, func(t *testing.T) {
			dir := inTurns(t, 5, properties+", 'delta.enableChangeDataFeed' = 'true'", 14, func(string, string, parts.Rows) {})
			if read := sameFeed(t, dir, 0); read < 4 {
				t.Errorf("%d ranges of versions were read", read)
			}
		})
	}
}
