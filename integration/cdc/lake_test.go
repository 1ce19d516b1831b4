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
	"text/template"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
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

// pipeline is the pipeline file: a query for all tables, and one for a table that is partitioned by a column whose values change and that has no deletion vectors.
var pipeline = template.Must(template.New("").Parse(`queries:
  - name: shop
    source: {kafka: {brokers: [{{.Broker}}], topic_pattern: "shop\\.public\\..*", starting_offsets: earliest}}
    format: {debezium: {}}
    sink: {delta: {table: "{{.Root}}/{schema}/{table}", mode: cdc}}
    trigger: { {{- .Trigger -}} }
    checkpoint_location: {{.Root}}/_checkpoints/shop
  - name: parted
    source: {kafka: {brokers: [{{.Broker}}], topics: [shop.public.orders], starting_offsets: earliest}}
    format: {debezium: {}}
    sink: {delta: {table: "{{.Root}}/parted/orders", mode: cdc, partition_by: [state], table_properties: {delta.enableDeletionVectors: "false"}}}
    trigger: { {{- .Trigger -}} }
`))

// start starts the program with a trigger.
func (l *lake) start(trigger string) (*crashtest.Process, error) {
	l.lives++
	var text strings.Builder
	if err := pipeline.Execute(&text, map[string]string{"Broker": l.kafka.Addr, "Root": l.root, "Trigger": trigger}); err != nil {
		return nil, err
	}
	file := filepath.Join(l.dir, fmt.Sprintf("pipeline%d.yaml", l.lives))
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
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
		l.killed++
	case <-ctx.Done():
	}
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
	}{"ingestd": parts.Ours{}, "spark": parts.Spark(l), "delta-rs": parts.DeltaRS(l)}
	l.noDeadLetters("shop_dead_letter", "parted/orders_dead_letter")
	for _, name := range l.tables() {
		want := l.truth(name)
		copies := []string{"public/" + name}
		if name == "orders" {
			copies = append(copies, "parted/orders")
		}
		for _, at := range copies {
			for reader, r := range readers {
				got, err := r.Read(l.Context(), filepath.Join(l.root, at))
				if reader == "delta-rs" && slices.Contains(widened, name) {
					if err == nil || !strings.Contains(err.Error(), "TypeWidening") {
						l.Errorf("table %s: delta-rs does not refuse a table whose types became wider: %v", at, err)
					}
					continue
				}
				if err != nil {
					l.Errorf("table %s: %s: %v", at, reader, err)
					continue
				}
				l.same("table "+at+": "+reader, want, got)
			}
		}
	}
}

// noDeadLetters fails the test where the program put events aside: all of them can be applied.
func (l *lake) noDeadLetters(tables ...string) {
	l.Helper()
	for _, name := range tables {
		path := filepath.Join(l.root, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		letters, err := parts.Ours{}.Read(l.Context(), path)
		if err != nil {
			l.Fatal(err)
		}
		for _, row := range letters.Rows[:min(3, len(letters.Rows))] {
			for c, cell := range row {
				row[c] = cell[:min(len(cell), 300)]
			}
			l.Errorf("one of %d dead letters in %s: %q: %q", len(letters.Rows), name, letters.Columns, row)
		}
	}
}

// leastKills of the program are those without which the chaos was none.
const leastKills = 30

func TestTablesFollowTheDatabaseThroughChaos(t *testing.T) {
	w := newWorld(t)
	l := w.newLake()
	stop := l.killAgain()
	w.chaos()
	w.drain()
	stop()
	w.checkReplay()
	l.finish()
	if t.Logf("%d kills of the program", l.killed); l.killed < leastKills {
		t.Errorf("the program was killed %d times only", l.killed)
	}
	l.check()
}
