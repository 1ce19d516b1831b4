package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/objstore/local"
)

const partitions = 2

// patience is how long a daemon may take; it only ends a test that hangs.
const patience = 2 * time.Minute

// newCluster starts a Kafka in this process.
func newCluster(t testing.TB) *kfake.Cluster {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(partitions), kfake.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster
}

// fill produces n records, one in seven no event, spread over the partitions at random.
func fill(t testing.TB, cluster *kfake.Cluster, topic string, n int, seed uint64) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.AllowAutoTopicCreation(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	events, dice := shop.New(seed, time.Unix(1_790_000_000, 0)), rand.New(rand.NewPCG(seed, 0))
	var records []*kgo.Record
	for i := range n {
		r := &kgo.Record{Topic: topic, Partition: int32(dice.IntN(partitions)), Value: events.Append(nil)}
		if i%7 == 4 {
			r.Value = fmt.Appendf(nil, "%d is no event", i)
		}
		records = append(records, r)
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// A world is a topic and the daemons that land it in a table on this disk.
type world struct {
	testing.TB
	dir     string
	cluster *kfake.Cluster
	p       Pipeline
}

// A variant is a kind of query.
type variant struct {
	name       string
	checkpoint bool
	sql        string
}

// variants are what a query can be, as far as its progress cares.
var variants = []variant{
	{name: "bare"},
	{name: "checkpoint", checkpoint: true},
	{name: "sql", sql: "SELECT *, CAST(timestamp AS DATE) AS day FROM input"},
	{name: "sql over the whole batch, checkpoint", checkpoint: true, sql: "SELECT * FROM input ORDER BY price"},
}

// newWorld makes a topic of n records that is taken in batches of at most limit.
func newWorld(t testing.TB, cluster *kfake.Cluster, v variant, n int, limit int64) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), cluster: cluster}
	topic := "t" + fmt.Sprint(topics.Add(1))
	fill(t, cluster, topic, n, uint64(n))
	w.p = Pipeline{Name: "q", Brokers: cluster.ListenAddrs(), Topic: topic, Table: filepath.Join(w.dir, "table"), SQL: v.sql, MaxOffsets: limit}
	if v.checkpoint {
		w.p.Checkpoint = filepath.Join(w.dir, "checkpoint")
	}
	if strings.Contains(v.sql, "day") {
		w.p.PartitionBy = "day"
	}
	w.write()
	return w
}

func (w *world) file() string { return filepath.Join(w.dir, "pipeline.yaml") }

// write writes the pipeline file as p is now.
func (w *world) write() {
	w.Helper()
	if err := w.p.Write(w.file()); err != nil {
		w.Fatal(err)
	}
}

// start starts a daemon.
func (w *world) start(env ...string) *Process {
	w.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), envPipeline+"="+w.file(), "GORACE=atexit_sleep_ms=0") // the race detector sleeps a second else
	cmd.Env = append(cmd.Env, env...)
	p, err := Start(cmd, filepath.Join(w.dir, "stderr"))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(p.Kill)
	return p
}

// end waits for a daemon.
func (w *world) end(p *Process) Exit {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	exit, err := p.Wait(ctx)
	if err != nil {
		w.Fatal(err)
	}
	if !exit.Killed && exit.Code != 0 {
		w.Fatalf("a daemon ended with exit code %d\n%s", exit.Code, p.Log())
	}
	return exit
}

// finish runs a daemon to its end and checks the tables.
func (w *world) finish() {
	w.Helper()
	if w.end(w.start()).Killed {
		w.Fatal("the last daemon was killed by someone else")
	}
	w.check()
}

func (w *world) check() {
	w.Helper()
	ledger, err := ReadTopic(w.Context(), w.p.Brokers, w.p.Topic)
	if err != nil {
		w.Fatal(err)
	}
	rows, err := local.New(w.p.Table)
	if err != nil {
		w.Fatal(err)
	}
	dead, err := local.New(w.p.DeadLetters())
	if err != nil {
		w.Fatal(err)
	}
	report, err := Table{Query: w.p.Name, Rows: rows, DeadLetters: dead, Ledger: ledger}.Check(w.Context())
	if err != nil {
		w.Errorf("%v\n%+v", err, report)
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "stderr")); err != nil || strings.Contains(string(text), "DATA RACE") {
		w.Errorf("a daemon has a data race: %v\n%s", err, text)
	}
}
