//go:build integration

package exactlyonce

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/crashtest"
)

// kills are those of each loop.
const kills = 120

// killer kills and starts the program again and again.
type killer struct {
	*world
	killed, ended int           // lives that we ended, and those that ended by themselves in an outage
	outage        atomic.Bool   // a part is down
	over          chan struct{} // of the outage; nil before the first
	hit           atomic.Int64  // outages
}

// life starts the program and kills it after most at the latest.
func (k *killer) life(most time.Duration) {
	k.Helper()
	excused := k.outage.Load()
	p := k.start(k.p)
	death := time.After(time.Duration(k.dice.Int64N(int64(most))))
	select {
	case <-death:
		p.Kill()
		k.killed++
	case <-p.Done():
		exit := k.end(p)
		if excused = excused || k.outage.Load(); !excused || exit.Code != 1 {
			k.Fatalf("the program ended by itself: %+v\n%s", exit, p.Log())
		}
		k.ended++
		<-death
	}
}

// part is a server that can go down.
type part interface {
	Kill(context.Context) error
	Restart(context.Context) error
}

// fell kills a part after a while, and brings it back, while the program goes on.
func (k *killer) fell(what part, after time.Duration) {
	k.await()
	over := make(chan struct{})
	k.over = over
	ctx := k.Context()
	go func() {
		defer close(over)
		select {
		case <-time.After(after):
		case <-ctx.Done():
			return
		}
		k.outage.Store(true)
		defer k.outage.Store(false)
		k.hit.Add(1)
		if err := what.Kill(ctx); err != nil {
			k.Error(err)
		}
		if err := what.Restart(ctx); err != nil && ctx.Err() == nil {
			k.Error(err)
		}
	}()
}

// await waits for the end of the outage.
func (k *killer) await() {
	if k.over != nil {
		<-k.over
	}
}

// run kills the program so often, felling the part at the given kills.
func (k *killer) run(what part, at ...int) {
	k.Helper()
	defer k.await()
	for n := 0; k.killed < kills; n = k.killed {
		for len(at) > 0 && at[0] <= n {
			k.fell(what, time.Duration(k.dice.IntN(400))*time.Millisecond)
			at = at[1:]
		}
		k.life(600 * time.Millisecond)
	}
}

func (k *killer) finishAndTell() {
	k.Helper()
	report := k.finish()
	k.Logf("%d kills, %d lives that an outage ended, %d outages", k.killed, k.ended, k.hit.Load())
	if report.Commits < kills/10 {
		k.Errorf("only %d commits: the kills hit nothing", report.Commits)
	}
	ledger, err := crashtest.ReadTopic(k.Context(), k.p.Brokers, k.p.Topic)
	if err != nil {
		k.Fatal(err)
	}
	k.askDeltaRS(ledger)
}

func TestKilledAtRandomMomentsOnLocalDisk(t *testing.T) {
	t.Parallel()
	kafka := parts.Kafka(t)
	k := &killer{world: newWorld(t, kafka, nil)}
	stop := k.load(3000)
	k.run(kafka, kills/2)
	stop()
	k.finishAndTell()
}

func TestKilledAtRandomMomentsOnMinIO(t *testing.T) {
	t.Parallel()
	minio := parts.MinIO(t)
	k := &killer{world: newWorld(t, parts.SharedKafka(t), minio)}
	k.p.Checkpoint = k.p.Table + "_checkpoint"
	stop := k.load(3000)
	k.run(minio, kills/5, kills*2/5, kills*3/5, kills*4/5)
	stop()
	k.finishAndTell()
}
