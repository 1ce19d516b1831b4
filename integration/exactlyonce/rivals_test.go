//go:build integration

package exactlyonce

import (
	"context"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
)

// Two processes run the same query all the time, and are killed all the time.
func TestTwoProcessesAtOnce(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"local disk", "MinIO", "MinIO with a checkpoint"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			var m *parts.MinIOServer
			if strings.HasPrefix(place, "MinIO") {
				m = parts.SharedMinIO(t)
			}
			w := newWorld(t, parts.SharedKafka(t), m)
			if strings.HasSuffix(place, "checkpoint") {
				w.p.Checkpoint = w.p.Table + "_checkpoint"
			}
			stop := w.load(2000)
			var two sync.WaitGroup
			for i := range 2 {
				k := &killer{world: &world{TB: t, dir: t.TempDir(), dice: rand.New(rand.NewPCG(w.dice.Uint64(), uint64(i))), p: w.p}}
				two.Go(func() {
					for range 12 {
						k.life(2 * time.Second)
					}
				})
			}
			two.Wait()
			stop()
			w.finish()
		})
	}
}

// nap is how long a process is paused.
const nap = 60 * time.Second

// A gate holds one request.
type gate struct {
	http.RoundTripper
	holds func(*http.Request) bool
	after bool // hold the answer, not the request
	once  sync.Once
	hit   chan struct{} // closed when the request is there
	open  chan struct{} // closed when it may go on

	release func() // closes open
}

// gated puts the gate between the program and MinIO; it opens with the end of the test at the latest.
func (w *world) gated(g *gate) (endpoint string) {
	g.hit, g.open = make(chan struct{}), make(chan struct{})
	g.release = sync.OnceFunc(func() { close(g.open) })
	endpoint = w.proxy(func(base http.RoundTripper) http.RoundTripper {
		g.RoundTripper = base
		return g
	})
	w.Cleanup(g.release) // before the proxy closes, which waits for requests
	return endpoint
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	held := false
	if g.holds(r) {
		g.once.Do(func() { held = true })
	}
	if !held {
		return g.RoundTripper.RoundTrip(r)
	}
	// A server has the whole request before it does it, or goes on doing it when the client is gone.
	if !g.after {
		close(g.hit)
		<-g.open
		return g.RoundTripper.RoundTrip(r)
	}
	answer, err := g.RoundTripper.RoundTrip(r)
	close(g.hit)
	<-g.open
	return answer, err
}

// inTable picks puts to the table of events.
func inTable(path string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/events/") && strings.Contains(r.URL.Path, path)
	}
}

// inDeadLetters picks puts to the table of dead letters.
func inDeadLetters(path string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/events_dead_letter/") && strings.Contains(r.URL.Path, path)
	}
}

// A process is paused for a minute in the middle of a batch, another one takes over, and the first wakes.
func TestPausedForAMinuteOnMinIO(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]*gate{
		"before the data file":               {holds: inTable("/part-")},
		"before the commit":                  {holds: inTable("/_delta_log/00000000000000000004.json")},
		"before the answer to the commit":    {holds: inTable("/_delta_log/00000000000000000004.json"), after: true},
		"before the commit of dead letters":  {holds: inDeadLetters("/_delta_log/00000000000000000002.json")},
		"before the answer to a dead letter": {holds: inDeadLetters("/_delta_log/00000000000000000002.json"), after: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, parts.SharedKafka(t), parts.SharedMinIO(t))
			slow := w.p
			slow.Endpoint = w.gated(g)
			stop := w.load(200)
			sleeper := w.start(slow)
			w.reach(sleeper, g.hit)
			sleeper.Pause()
			w.takeOver(sleeper, g.release)
			stop()
			w.finish()
		})
	}
}

// The answer to a commit does not come. The program waits for a minute, looks for itself, and goes on.
func TestCommitTimesOutOnMinIO(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t), parts.SharedMinIO(t))
	g := &gate{holds: inTable("/_delta_log/00000000000000000004.json"), after: true}
	w.p.Endpoint = w.gated(g)
	stop := w.load(200)
	p := w.start(w.p)
	w.reach(p, g.hit)
	w.until(p, func(ctx context.Context) bool {
		_, err := w.store(w.p.Table).Head(ctx, "_delta_log/00000000000000000008.json")
		return err == nil
	})
	p.Signal(syscall.SIGTERM)
	w.endWell(p)
	stop()
	w.finish()
}

// reach waits until the process has come so far.
func (w *world) reach(p *crashtest.Process, point <-chan struct{}) {
	w.Helper()
	ctx, cancel := w.within()
	defer cancel()
	select {
	case <-point:
	case <-p.Done():
		w.Fatalf("the program ended by itself\n%s", p.Log())
	case <-ctx.Done():
		w.Fatalf("%v\n%s", context.Cause(ctx), p.Log())
	}
}

// until polls until something is so, while the process runs.
func (w *world) until(p *crashtest.Process, is func(context.Context) bool) {
	w.Helper()
	ctx, cancel := w.within()
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is(ctx) {
		select {
		case <-tick.C:
		case <-p.Done():
			w.Fatalf("the program ended by itself\n%s", p.Log())
		case <-ctx.Done():
			w.Fatalf("%v\n%s", context.Cause(ctx), p.Log())
		}
	}
}

// takeOver runs a second process while the first one sleeps, and then both, and ends both in an orderly way.
func (w *world) takeOver(sleeper *crashtest.Process, release func()) {
	w.Helper()
	second := w.p
	second.Every = "1s"
	other := w.start(second)
	w.live(other, nap)
	release()
	sleeper.Resume()
	w.until(sleeper, func(context.Context) bool { return strings.Contains(sleeper.Log(), "another process runs this query") })
	w.live(other, 2*time.Second)
	for _, p := range []*crashtest.Process{sleeper, other} {
		p.Signal(syscall.SIGTERM)
	}
	w.endWell(sleeper)
	w.endWell(other)
}

// live lets a process run for a while.
func (w *world) live(p *crashtest.Process, d time.Duration) {
	w.Helper()
	select {
	case <-time.After(d):
	case <-p.Done():
		w.Fatalf("the program ended by itself\n%s", p.Log())
	}
}

// The same on local disk, where nothing but luck stops a process in the middle of a batch: it is paused again and again
// until there is a data file that no commit names.
func TestPausedForAMinuteOnLocalDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t), nil)
	stop := w.load(200)
	sleeper := w.start(w.p)
	ctx, cancel := w.within()
	defer cancel()
	for {
		w.live(sleeper, time.Duration(w.dice.IntN(int(20*time.Millisecond))))
		sleeper.Pause()
		waste, err := crashtest.Orphans(ctx, w.store(w.p.Table))
		if err != nil {
			t.Fatal(err)
		}
		underway, err := filepath.Glob(filepath.Join(w.p.Table, "*", ".ingestd-*"))
		if err != nil {
			t.Fatal(err)
		}
		if waste > 0 || len(underway) > 0 {
			break
		}
		sleeper.Resume()
	}
	w.takeOver(sleeper, func() {})
	stop()
	w.finish()
}
