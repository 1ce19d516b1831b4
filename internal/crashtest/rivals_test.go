package crashtest

import (
	"context"
	"testing"

	"github.com/ingestd/ingestd/stream"
)

// A daemon stops in the middle of a batch, at every step; another one does all the work; the first one wakes.
func TestPausedWhileAnotherTakesOver(t *testing.T) {
	t.Parallel()
	cluster := newCluster(t)
	for _, v := range variants[:2] {
		for _, step := range steps {
			if !v.has(step) {
				continue
			}
			t.Run(v.name+"/"+string(step), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, cluster, v, 60, 12)
				nth := 2
				if step == stream.StepStarted {
					nth = 1
				}
				sleeper := w.start(moment{step, nth}.env("STOP"))
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if err := sleeper.AwaitStop(ctx); err != nil {
					t.Fatal(err)
				}
				w.finish()
				sleeper.Resume()
				w.end(sleeper)
				w.check()
			})
		}
	}
}

// Two daemons run the same query at the same time, both to the end.
func TestTwoDaemonsAtOnce(t *testing.T) {
	t.Parallel()
	cluster := newCluster(t)
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cluster, v, 150, 12)
			a, b := w.start(), w.start()
			w.end(a)
			w.end(b)
			w.check()
		})
	}
}
