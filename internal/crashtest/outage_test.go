package crashtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ingestd/ingestd/objstore/fault"
)

// unreachable is the error of a store that is away for a while.
type unreachable struct{}

func (unreachable) Error() string   { return "unreachable" }
func (unreachable) Retryable() bool { return true }

// The answer to a commit is lost, and then the commit cannot be looked for either, for so many calls that its outcome
// stays unknown to whoever made it. Other files can be written and deleted all the time: nothing keeps one who takes
// the commit for failed from deleting its files.
func TestCommitCannotBeLookedForAfterItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, 14, 7)
	for in, versions := range map[string]int{"table": 4, "dead letters": 2} {
		for version := range versions {
			for _, lost := range []fault.Rule{{Effect: fault.Lost}, {Effect: fault.Phantom}, {Effect: fault.Late, Arg: "40"}} {
				t.Run(fmt.Sprintf("%s/version %d/%s", in, version, lost.Effect), func(t *testing.T) {
					t.Parallel()
					key := fmt.Sprintf("_delta_log/%020d.json", version)
					lost.Op, lost.Key, lost.Nth = fault.Put, key, 1
					var away atomic.Int64
					s := newStores(inMemory, false, func(name string) fault.Options {
						if name != in {
							return fault.Options{}
						}
						return fault.Options{Rules: []fault.Rule{lost}, Before: awayAfter(key, &away)}
					})
					if err := errors.Join(s.live(t.Context(), w, 60), w.check(t.Context(), s)); err != nil {
						t.Error(err)
					}
					if away.Load() == 0 {
						t.Error("no call met the outage")
					}
				})
			}
		}
	}
}

// awayAfter fails the calls for a key, once it has been put, for longer than a commit goes on trying.
func awayAfter(key string, away *atomic.Int64) func(context.Context, fault.Call) error {
	const longer = 20
	var put atomic.Bool
	return func(_ context.Context, c fault.Call) error {
		if c.Key != key || c.Op == fault.Put && !put.Swap(true) || !put.Load() || away.Load() >= longer {
			return nil
		}
		away.Add(1)
		return unreachable{}
	}
}
