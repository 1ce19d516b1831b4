package crashtest

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingestd/ingestd/stream"
)

// topics numbers the topics of the tests.
var topics atomic.Int64

// steps are all boundaries of a batch. Those of a checkpoint never come without one.
var steps = []stream.Step{
	stream.StepStarted, stream.StepPlanned, stream.StepLogged, stream.StepDecoded, stream.StepWritten,
	stream.StepDeadLetters, stream.StepCommitted, stream.StepCommitLogged, stream.StepSourceTold,
}

func (v variant) has(s stream.Step) bool {
	return v.checkpoint || s != stream.StepLogged && s != stream.StepCommitLogged
}

// A daemon kills itself at the first time that it comes to a step; the next one, going on from there, at the second
// time, and so on, until one comes to the end.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	cluster := newCluster(t)
	for _, v := range variants {
		for _, step := range steps {
			if !v.has(step) {
				continue
			}
			t.Run(v.name+"/"+string(step), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, cluster, v, 60, 12)
				kills := 0
				for w.end(w.start(moment{step, kills + 1}.env("KILL"))).Killed {
					kills++
				}
				if kills == 0 {
					t.Error("no daemon came to the step")
				}
				w.check()
			})
		}
	}
}

// Daemons are killed after random times, while records arrive.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	cluster := newCluster(t)
	for i, v := range []variant{variants[0], variants[3]} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(i)
			dice := rand.New(rand.NewPCG(seed, 1))
			t.Log("seed", seed)
			w := newWorld(t, cluster, v, 100, 40)
			w.p.Forever = true
			w.write()
			for range 20 {
				fill(t, cluster, w.p.Topic, 100, dice.Uint64())
				p := w.start()
				select {
				case <-p.Done():
					w.end(p)
					t.Fatal("a daemon that runs until it is stopped has ended")
				case <-time.After(time.Duration(dice.IntN(400)) * time.Millisecond):
				}
				p.Kill()
			}
			w.p.Forever = false
			w.write()
			w.finish()
		})
	}
}
