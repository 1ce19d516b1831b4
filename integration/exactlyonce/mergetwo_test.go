//go:build integration

package exactlyonce

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
	"github.com/ingestd/ingestd/objstore"
)

// What must at least happen: a chaos that did nothing shows nothing. The streams are killed again and again for so long, and until the table was compacted
// so often, for which a busy machine makes it wait.
const (
	merging          = 15 * time.Second
	leastCompactions = 3
	leastKills       = 3 // of each stream
	leastMerges      = 8
	raging           = 6 * time.Minute // ends a test that hangs
)

// Two queries merge into one table, many of whose rows are of both, and are killed all the time, while others compact it. No record is lost, none counts twice,
// and no key that both insert comes to two rows.
func TestTwoMergeStreamsAndOptimize(t *testing.T) {
	for _, vectors := range []bool{true, false} {
		t.Run(fmt.Sprint("deletion vectors ", vectors), func(t *testing.T) {
			left := &mergeStream{world: newWorld(t, parts.SharedKafka(t), nil), name: "left", not: 0, vectors: vectors}
			right := &mergeStream{world: newWorld(t, parts.SharedKafka(t), nil), name: "right", not: 1, vectors: vectors}
			right.p.Table = left.p.Table
			right.dice = rand.New(rand.NewPCG(left.dice.Uint64(), 1))
			m := &merger{world: left.world, streams: []*mergeStream{left, right}, sums: tally{rows: map[int64]*[2]int64{}}}
			m.rage()
			m.finish()
			m.check()
		})
	}
}

// A merger is streams that merge into one table.
type merger struct {
	*world
	streams     []*mergeStream
	sums        tally
	turn        atomic.Int64 // says which keys records are of
	compactions atomic.Int64
}

// hot is the first of the keys that records are of.
func (m *merger) hot() int64 {
	turn := m.turn.Load()
	return turn%mergeParts*partKeys + turn/mergeParts*someKeys%partKeys
}

// rage has everything at once, until there was enough of it.
func (m *merger) rage() {
	m.Helper()
	optimizers := m.optimizers() // which takes a while
	ctx, cancel := context.WithTimeoutCause(m.Context(), raging, fmt.Errorf("not done within %v", raging))
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for _, s := range m.streams {
		client := m.kafka.Client(m, kgo.DefaultProduceTopic(s.p.Topic))
		feeder := rand.New(rand.NewPCG(s.dice.Uint64(), 2))
		all.Go(func() { s.feed(ctx, client, feeder, m.hot, &m.sums) })
		all.Go(func() { s.killAgain(ctx) })
	}
	store := m.store(m.p.Table)
	for name, compact := range optimizers {
		all.Go(func() { m.optimizeAgain(ctx, store, name, compact) })
	}
	end := time.Now().Add(merging)
	for !m.Failed() && (time.Now().Before(end) || m.compactions.Load() < leastCompactions) {
		if err := objstore.Sleep(ctx, time.Second); err != nil {
			m.Errorf("%d compactions: %v", m.compactions.Load(), context.Cause(ctx))
			return
		}
		m.turn.Add(1)
	}
}

// An optimizer has an engine compact a partition of the table, and says how many files went.
type optimizer func(ctx context.Context, part int) (removed int, err error)

func (m *merger) optimizers() map[string]optimizer {
	m.Helper()
	spark, deltaRS := parts.Spark(m), parts.DeltaRS(m)
	return map[string]optimizer{
		"delta-rs": func(ctx context.Context, part int) (removed int, err error) {
			compact := `result = DeltaTable(path).optimize.compact(partition_filters=[("part", "=", part)])["numFilesRemoved"]`
			err = deltaRS.Exec(ctx, compact, map[string]any{"path": m.p.Table, "part": fmt.Sprint(part)}, &removed)
			return removed, err
		},
		"spark": func(ctx context.Context, part int) (removed int, err error) {
			query := fmt.Sprintf("OPTIMIZE delta.`%s` WHERE part = %d", m.p.Table, part)
			err = spark.Exec(ctx, "result = spark.sql(query).collect()[0].metrics.numFilesRemoved", map[string]any{"query": query}, &removed)
			return removed, err
		},
	}
}

// optimizeAgain compacts, by turns, a partition that was quiet for a while and the one that records are of, until the context is done. That it gives way to
// a stream whose rows it would move, or to the other engine, is as it must be.
func (m *merger) optimizeAgain(ctx context.Context, store objstore.Store, name string, compact optimizer) {
	done, idle, gaveWay := 0, 0, 0
	defer func() { m.Logf("%s: %d compactions, %d of nothing, %d that gave way", name, done, idle, gaveWay) }()
	for i := 0; objstore.Sleep(ctx, 200*time.Millisecond) == nil; {
		if _, err := store.Head(ctx, "_delta_log/00000000000000000008.json"); err != nil {
			continue
		}
		part := int(m.hot() / partKeys)
		if i++; i%2 == 1 {
			part = (part + mergeParts/2) % mergeParts
		}
		// What has begun is let end: an engine whose answer is not awaited is of no use any more.
		removed, err := compact(m.Context(), part)
		refused := (*parts.EngineError)(nil)
		switch {
		case errors.As(err, &refused) && strings.Contains(strings.ToLower(refused.Message), "concurren"):
			gaveWay++
		case err != nil:
			m.Error(err)
			return
		case removed == 0:
			idle++
		default:
			done++
			m.compactions.Add(1)
		}
	}
}

// finish lets the streams take all that is in their topics, both at once.
func (m *merger) finish() {
	m.Helper()
	var ends []*crashtest.Process
	for _, s := range m.streams {
		ends = append(ends, s.run("available_now: true"))
	}
	for _, p := range ends {
		m.endWell(p)
	}
}

// check compares the table with what was produced, and holds that enough happened to it.
func (m *merger) check() {
	m.Helper()
	spark := parts.Spark(m)
	want := m.sums.table()
	for name, r := range map[string]interface {
		Read(context.Context, string, ...parts.Option) (parts.Rows, error)
	}{"ingestd": parts.Ours{}, "spark": spark} {
		got, err := r.Read(m.Context(), m.p.Table)
		if err != nil {
			m.Errorf("%s: %v", name, err)
			continue
		}
		parts.SameRows(m, name, want, got)
	}
	history, err := spark.History(m.Context(), m.p.Table)
	if err != nil {
		m.Fatal(err)
	}
	done := map[string]int{}
	for _, c := range history {
		done[c.Operation]++
	}
	m.Logf("%d rows, %d and %d kills, commits %v", len(want.Rows), m.streams[0].kills, m.streams[1].kills, done)
	if min(m.streams[0].kills, m.streams[1].kills) < leastKills || done["MERGE"] < leastMerges {
		m.Error("that is too little to show anything")
	}
}
