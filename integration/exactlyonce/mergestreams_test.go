//go:build integration

package exactlyonce

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
)

// mergePipeline is the pipeline file, with name, broker, topic, table, deletion vectors and trigger. Each record adds a number to the row of its
// key, so that the row shows a record that is lost and one that is taken twice.
const mergePipeline = `name: %s
source: {kafka: {brokers: [%s], topics: [%s], starting_offsets: earliest, max_offsets_per_trigger: 2000}}
format: {json: {schema: "k BIGINT, n BIGINT", on_error: fail}}
operators:
  - sql: SELECT k, k // 512 AS part, sum(n)::BIGINT AS n, count(*) AS times FROM input GROUP BY k
sink:
  delta:
    table: %s
    mode: merge
    partition_by: [part]
    on: t.k = s.k
    when: ["MATCHED THEN UPDATE SET n = t.n + s.n, times = t.times + s.times", "NOT MATCHED THEN INSERT *"]
    table_properties: {delta.enableDeletionVectors: "%v", delta.checkpointInterval: "10"}
trigger: {%s}
`

// The table has so many partitions, of so many keys each. Of three keys the left stream has one alone, the right one has one, and one is of both.
const (
	mergeParts = 4
	partKeys   = 512
	someKeys   = 64 // that records are of at a time
)

// A mergeStream is one of the queries that merge into one table.
type mergeStream struct {
	*world
	name    string
	not     int64 // the keys that it has not, by their remainder
	vectors bool  // the table has deletion vectors
	kills   int
}

// run starts the program with a trigger.
func (s *mergeStream) run(trigger string) *crashtest.Process {
	s.Helper()
	s.lives++
	file := filepath.Join(s.dir, fmt.Sprint(s.name, s.lives, ".yaml"))
	text := fmt.Sprintf(mergePipeline, s.name, s.p.Brokers[0], s.p.Topic, s.p.Table, s.vectors, trigger)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.Error(err)
	}
	return s.startFile(file)
}

// killAgain starts the program and kills it, at random moments, until the context is done.
func (s *mergeStream) killAgain(ctx context.Context) {
	for ctx.Err() == nil {
		p := s.run("processing_time: 2s")
		select {
		case <-time.After(time.Duration(s.dice.Int64N(int64(4 * time.Second)))):
			s.kills++
		case <-ctx.Done():
		case <-p.Done():
			s.Errorf("%s ended by itself: %+v\n%s", s.name, s.end(p), p.Log())
			return
		}
		p.Kill()
	}
}

// feed produces records until the context is done, all of a few keys at a time, from hot on: other partitions of the table are quiet enough to be compacted, and
// other files of the same one are left, which are what is compacted.
func (s *mergeStream) feed(ctx context.Context, client *kgo.Client, dice *rand.Rand, hot func() int64, sums *tally) {
	s.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var records []*kgo.Record
		for range 50 {
			k, n := hot()+dice.Int64N(someKeys), dice.Int64N(1000)
			if k%3 == s.not {
				continue
			}
			records = append(records, kgo.StringRecord(fmt.Sprintf(`{"k": %d, "n": %d}`, k, n)))
			sums.add(k, n)
		}
		if err := client.ProduceSync(s.Context(), records...).FirstErr(); err != nil {
			s.Error(err)
			return
		}
	}
}

// A tally is what the table must come to.
type tally struct {
	mu   sync.Mutex
	rows map[int64]*[2]int64 // by key: the sum, and of how many
}

func (t *tally) add(k, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows[k] == nil {
		t.rows[k] = &[2]int64{}
	}
	t.rows[k][0] += n
	t.rows[k][1]++
}

// table is the table, as a reader gives it.
func (t *tally) table() parts.Rows {
	r := parts.Rows{Columns: []string{"k", "part", "n", "times"}, Types: []string{"bigint", "bigint", "bigint", "bigint"}}
	for k, row := range t.rows {
		var cells []string
		for _, n := range []int64{k, k / partKeys, row[0], row[1]} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		r.Rows = append(r.Rows, cells)
	}
	return r.Project(r.Columns...) // sorts
}
