// Package fault wraps a store and makes it fail as stores do: with errors before and after the
// effect, lost answers, late effects, half results, lists that lag, and the death of the process.
//
// Every fault is a Rule, which prints and parses, and every call has a number. So a test can count
// the calls of a run and then run again and again with call 1, call 2 ... failing; and a random
// run (Options.Random) can be replayed from its seed, or from what Log tells.
//
// With no rule it is the wrapped store, and passes the suite of package storetest. It injects
// only what some store of ours could really do; what is beyond that must be asked for
// (Options.NonAtomic).
package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

var (
	// ErrInjected is in every error that this package makes.
	ErrInjected = errors.New("injected fault")
	// ErrCrashed is what all calls return once a rule has crashed the store. Wraps ErrInjected.
	ErrCrashed error = crashed{}
)

type crashed struct{}

func (crashed) Error() string { return "injected fault: the process died" }
func (crashed) Unwrap() error { return ErrInjected }

// failures are the arguments of Fail.
var failures = map[string]error{
	"":             nil,
	"nospace":      objstore.ErrNoSpace,
	"permission":   objstore.ErrPermission,
	"precondition": objstore.ErrPrecondition,
}

// Call is one call of a method of the store.
type Call struct {
	N   int    // from 1, in the order in which calls started
	Op  Op     // never Any
	Key string // for a list its prefix, for a delete its first key
}

// Options say what to inject. The zero Options inject nothing.
type Options struct {
	Rules []Rule
	// Random, where set, is asked for each call that no rule matches.
	Random *Random
	// NonAtomic declares that puts of the wrapped store can leave a part; see Torn.
	NonAtomic bool
	// Sleep waits for d or until ctx ends; nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Before runs before each call, from the goroutine of the call; its error becomes the call's,
	// which then does nothing. A test that kills a process at a step does it here.
	Before func(ctx context.Context, c Call) error
	// After runs after each call, once its effect is there, with what the call will return.
	After func(ctx context.Context, c Call, err error)
}

// Random injects one of Effects into a share of the calls.
type Random struct {
	Seed    uint64
	Rate    float64 // of calls, 0 to 1
	Effects []Rule  // drawn from; one that does not match the call leaves it alone
}

// Store is the wrapper. Make one with Wrap.
type Store struct {
	inner objstore.Store
	opts  Options

	mu      sync.Mutex
	rand    *rand.Rand
	calls   int
	byOp    map[Op]int
	seen    []int // how many calls each rule has matched
	log     []Rule
	dead    bool
	pending []latePut
	hidden  map[string]int // lists that will not show the key
}

// Wrap is inner with faults. It panics on a rule whose text Parse would refuse, for that is a
// mistake in a test.
func Wrap(inner objstore.Store, opts Options) *Store {
	s := &Store{inner: inner, opts: opts, byOp: map[Op]int{}, hidden: map[string]int{}}
	if opts.Random != nil {
		s.rand = rand.New(rand.NewPCG(opts.Random.Seed, 0))
	}
	if s.opts.Sleep == nil {
		s.opts.Sleep = objstore.Sleep
	}
	s.SetRules(opts.Rules...)
	return s
}

// SetRules replaces the rules. Calls go on being counted; the rules' own counts begin anew.
func (s *Store) SetRules(rules ...Rule) {
	for _, r := range rules {
		if _, err := parseRule(r.String()); err != nil {
			panic(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Rules, s.seen = slices.Clone(rules), make([]int, len(rules))
}

// Calls is the number of calls so far.
func (s *Store) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Count is the number of calls of one kind so far.
func (s *Store) Count(op Op) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == Any {
		return s.calls
	}
	return s.byOp[op]
}

// Log returns what was injected, each as a rule for exactly its call: the rules that replay it.
func (s *Store) Log() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Revive ends a crash: the store is there again for a new process. Late puts that have not
// taken effect are kept, for they are under way in the store and not in the process.
func (s *Store) Revive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = false
}

// Unwrap returns the wrapped store.
func (s *Store) Unwrap() objstore.Store { return s.inner }

// URL implements objstore.Store.
func (s *Store) URL() string { return s.inner.URL() }

// begin counts the call, lets late puts land, and finds the rule for it (Effect "" for none).
func (s *Store) begin(ctx context.Context, op Op, keys ...string) (Call, Rule, error) {
	c := Call{Op: op}
	if len(keys) > 0 {
		c.Key = keys[0]
	}
	s.mu.Lock()
	s.calls++
	s.byOp[op]++
	c.N = s.calls
	r := s.match(c, keys)
	dead := s.dead
	due := s.due()
	s.mu.Unlock()
	for _, p := range due {
		p.land(ctx, s.inner)
	}
	if dead {
		return c, r, s.fail(c, ErrCrashed, false)
	}
	if s.opts.Before != nil {
		if err := s.opts.Before(ctx, c); err != nil {
			return c, r, s.fail(c, err, objstore.IsRetryable(err))
		}
	}
	switch r.Effect {
	case Delay:
		d, _ := time.ParseDuration(r.Arg)
		if err := s.opts.Sleep(ctx, d); err != nil {
			return c, r, s.fail(c, err, false)
		}
	case Fail, Crash:
		return c, r, s.injected(c, r)
	}
	return c, r, nil
}

// match finds the rule and notes what it injects; s.mu is held.
func (s *Store) match(c Call, keys []string) Rule {
	found := Rule{}
	for i, r := range s.opts.Rules {
		if !r.matches(c.Op, keys) {
			continue
		}
		s.seen[i]++
		if found.Effect == "" && (r.Nth == 0 || r.Nth == s.seen[i]) && (r.Call == 0 || r.Call == c.N) {
			found = r
		}
	}
	if found.Effect == "" && s.rand != nil && len(s.opts.Random.Effects) > 0 && s.rand.Float64() < s.opts.Random.Rate {
		r := s.opts.Random.Effects[s.rand.IntN(len(s.opts.Random.Effects))]
		if r.matches(c.Op, keys) {
			found = r
		}
	}
	if s.dead || found.Effect == "" {
		return Rule{}
	}
	s.log = append(s.log, Rule{Op: c.Op, Call: c.N, Effect: found.Effect, Arg: found.Arg})
	if found.Effect == Crash {
		s.dead = true
	}
	return found
}

// done runs the hook after a call, and returns err.
func (s *Store) done(ctx context.Context, c Call, err error) error {
	if s.opts.After != nil {
		s.opts.After(ctx, c, err)
	}
	return err
}
