//go:build integration

package cdc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
)

// A lake is what the program makes of the topics of a world: a table for each.
type lake struct {
	*world
	root   string
	dice   *rand.Rand
	lives  int // processes started
	killed int
}

func (w *world) newLake() *lake {
	return &lake{world: w, root: filepath.Join(w.dir, "lake"), dice: rand.New(rand.NewPCG(w.dice.Uint64(), 0))}
}

// pipeline is the pipeline file, with brokers, root, trigger and root again.
const pipeline = `name: shop
source: {kafka: {brokers: [%s], topic_pattern: "shop\\.public\\..*", starting_offsets: earliest}}
format: {debezium: {}}
sink: {delta: {table: "%s/{schema}/{table}", mode: cdc}}
trigger: {%s}
checkpoint_location: %s/_checkpoints/shop
`

// start starts the program with a trigger.
func (l *lake) start(trigger string) (*crashtest.Process, error) {
	l.lives++
	file := filepath.Join(l.dir, fmt.Sprintf("pipeline%d.yaml", l.lives))
	if err := os.WriteFile(file, fmt.Appendf(nil, pipeline, l.kafka.Addr, l.root, trigger, l.root), 0o600); err != nil {
		return nil, err
	}
	return crashtest.Start(exec.Command(program, "run", file, "--log-level", "warn"), file+".stderr")
}

// killAgain starts the program and kills it, at random moments, again and again until stop is called.
func (l *lake) killAgain() (stop func()) {
	ctx, cancel := context.WithCancel(l.Context())
	var killing sync.WaitGroup
	killing.Go(func() {
		for ctx.Err() == nil {
			if err := l.life(ctx); err != nil {
				l.Error(err)
				return
			}
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		killing.Wait()
	})
	l.Cleanup(stop)
	return stop
}

// life is one start and kill.
func (l *lake) life(ctx context.Context) error {
	p, err := l.start("processing_time: 200ms")
	if err != nil {
		return err
	}
	defer p.Kill()
	select {
	case <-p.Done():
		exit, _ := p.Wait(ctx)
		return fmt.Errorf("the program ended by itself: %+v\n%s", exit, p.Log())
	case <-time.After(time.Duration(l.dice.Int64N(int64(4 * time.Second)))):
	case <-ctx.Done():
	}
	l.killed++
	return nil
}

// finish lets the program take all that is in the topics.
func (l *lake) finish() {
	l.Helper()
	ctx, cancel := context.WithTimeoutCause(l.Context(), patience, fmt.Errorf("not done within %v", patience))
	defer cancel()
	p, err := l.start("available_now: true")
	if err != nil {
		l.Fatal(err)
	}
	exit, err := p.Wait(ctx)
	if err != nil {
		l.Fatal(err)
	}
	if exit.Code != 0 {
		l.Fatalf("the program ended with %+v\n%s", exit, p.Log())
	}
}

// widened are the tables of which a column becomes wider, which delta-rs does not read.
var widened = []string{"customers", "orders", "order_lines"}

// check compares the tables with those of the database, through all readers.
func (l *lake) check() {
	l.Helper()
	readers := map[string]interface {
		Read(ctx context.Context, path string, options ...parts.Option) (parts.Rows, error)
	}{"ingestd": ours{}, "spark": parts.Spark(l), "delta-rs": parts.DeltaRS(l)}
	l.noDeadLetters()
	for _, name := range l.tables() {
		want := l.truth(name)
		for reader, r := range readers {
			got, err := r.Read(l.Context(), filepath.Join(l.root, "public", name))
			if reader == "delta-rs" && slices.Contains(widened, name) {
				if err == nil || !strings.Contains(err.Error(), "TypeWidening") {
					l.Errorf("table %s: delta-rs does not refuse a table whose types became wider: %v", name, err)
				}
				continue
			}
			if err != nil {
				l.Errorf("table %s: %s: %v", name, reader, err)
				continue
			}
			l.same("table "+name+": "+reader, want, got)
		}
	}
}

// noDeadLetters fails the test where the program put events aside: all of them can be applied.
func (l *lake) noDeadLetters() {
	l.Helper()
	path := filepath.Join(l.root, "shop_dead_letter")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return
	}
	letters, err := ours{}.Read(l.Context(), path)
	if err != nil {
		l.Fatal(err)
	}
	for i, row := range letters.Rows {
		if i == 3 {
			l.Errorf("and %d dead letters more", len(letters.Rows)-i)
			return
		}
		for c, cell := range row {
			row[c] = cell[:min(len(cell), 300)]
		}
		l.Errorf("a dead letter: %q: %q", letters.Columns, row)
	}
}

// ours reads a table with our own scan.
type ours struct{}

func (ours) Read(ctx context.Context, path string, _ ...parts.Option) (parts.Rows, error) {
	store, err := local.New(path)
	if err != nil {
		return parts.Rows{}, err
	}
	t, err := table.Open(ctx, store)
	if err != nil {
		return parts.Rows{}, err
	}
	schema, err := t.ScanSchema(table.ScanOptions{})
	if err != nil {
		return parts.Rows{}, err
	}
	var batches []arrow.RecordBatch
	defer func() {
		for _, b := range batches {
			b.Release()
		}
	}()
	for batch, err := range t.Scan(ctx, table.ScanOptions{}) {
		if err != nil {
			return parts.Rows{}, err
		}
		batches = append(batches, batch)
	}
	return parts.Canon(schema, batches...), nil
}

func TestTablesFollowTheDatabaseThroughChaos(t *testing.T) {
	w := newWorld(t, 1)
	l := w.newLake()
	stop := l.killAgain()
	w.chaos()
	w.drain()
	stop()
	w.checkReplay()
	l.finish()
	t.Logf("%d kills of the program", l.killed)
	l.check()
}
