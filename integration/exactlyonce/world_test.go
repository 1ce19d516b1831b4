//go:build integration

package exactlyonce

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/s3"
)

// patience is how long the program may take for what it must do; it only ends a test that hangs.
const patience = 3 * time.Minute

// A world is a topic and the processes that land it in a table.
type world struct {
	testing.TB
	dir   string
	dice  *rand.Rand
	kafka *parts.KafkaBroker
	minio *parts.MinIOServer // nil: the table is on this disk
	p     crashtest.Pipeline
	lives int // processes started
}

// newWorld makes a topic, and a place for a table on m or, where that is nil, on this disk.
func newWorld(t testing.TB, kafka *parts.KafkaBroker, m *parts.MinIOServer) *world {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("INGESTD_SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	t.Logf("INGESTD_SEED=%d", seed)
	w := &world{TB: t, dir: t.TempDir(), kafka: kafka, minio: m}
	name := fnv.New64a()
	_, _ = name.Write([]byte(t.Name()))
	w.dice = rand.New(rand.NewPCG(seed, name.Sum64()))
	w.p = crashtest.Pipeline{Name: "events", Brokers: []string{kafka.Addr}, Topic: kafka.Topic(t, 4), MaxOffsets: 500, Forever: true}
	if m == nil {
		w.p.Table = filepath.Join(w.dir, "table")
		return w
	}
	w.p.Table = "s3://" + m.Bucket(t) + "/lake/events"
	w.p.Endpoint, w.p.AccessKey, w.p.SecretKey = "http://"+m.Addr, m.AccessKey, m.SecretKey
	return w
}

// start starts the program on a pipeline.
func (w *world) start(p crashtest.Pipeline) *crashtest.Process {
	w.Helper()
	w.lives++
	file := filepath.Join(w.dir, fmt.Sprintf("pipeline%d.yaml", w.lives))
	if err := p.Write(file); err != nil {
		w.Fatal(err)
	}
	return w.startFile(file)
}

// startFile starts the program on a pipeline file.
func (w *world) startFile(file string) *crashtest.Process {
	w.Helper()
	cmd := exec.Command(program, "run", file, "--log-level", "warn")
	process, err := crashtest.Start(cmd, file+".stderr")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(process.Kill)
	return process
}

// within is a context that ends with the test's patience.
func (w *world) within() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(w.Context(), patience, fmt.Errorf("not done within %v", patience))
}

// end waits until the process has ended by itself.
func (w *world) end(p *crashtest.Process) crashtest.Exit {
	w.Helper()
	ctx, cancel := w.within()
	defer cancel()
	exit, err := p.Wait(ctx)
	if err != nil {
		w.Fatal(err)
	}
	return exit
}

// endWell waits until the process has ended with exit code 0.
func (w *world) endWell(p *crashtest.Process) {
	w.Helper()
	if exit := w.end(p); exit.Code != 0 {
		w.Fatalf("the program ended with %+v\n%s", exit, p.Log())
	}
}

// finish lets the program take all that is in the topic, and checks the tables.
func (w *world) finish() crashtest.Report {
	w.Helper()
	p := w.p
	p.Forever, p.MaxOffsets = false, 20_000
	w.endWell(w.start(p))
	return w.check()
}

// check looks for every event: in the raw log, by our scan, and through DuckDB.
func (w *world) check() crashtest.Report {
	w.Helper()
	ctx, cancel := w.within()
	defer cancel()
	ledger, err := crashtest.ReadTopic(ctx, w.p.Brokers, w.p.Topic)
	if err != nil {
		w.Fatal(err)
	}
	report, err := crashtest.Table{
		Query: w.p.Name, Rows: w.store(w.p.Table), DeadLetters: w.store(w.p.DeadLetters()), Ledger: ledger,
	}.Check(ctx)
	if err != nil {
		w.Errorf("%v", err)
	}
	w.Logf("%+v", report)
	w.askDuckDB(ctx, ledger)
	return report
}

// store opens the store of a table, not by way of any proxy.
func (w *world) store(table string) objstore.Store {
	w.Helper()
	var store objstore.Store
	var err error
	if w.minio == nil {
		store, err = local.New(table)
	} else {
		store, err = s3.New(table, s3.Options{Endpoint: "http://" + w.minio.Addr, Region: w.minio.Region, AccessKey: w.minio.AccessKey,
			SecretKey: w.minio.SecretKey, PathStyle: true})
	}
	if err != nil {
		w.Fatal(err)
	}
	return store
}
