package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/objstore/storetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformanceWithoutFaults(t *testing.T) {
	storetest.Run(t, func(*testing.T) objstore.Store { return Wrap(mem.New(), Options{}) })
}

// What each effect leaves in the store, and what the caller is told of it.
func TestEffectsOnPuts(t *testing.T) {
	for _, c := range []struct {
		rule      string
		nonAtomic bool
		want      string // content afterwards; "" for none
		err       []error
		retry     bool
	}{
		{rule: "put fail", err: []error{ErrInjected}, retry: true},
		{rule: "put fail=nospace", err: []error{ErrInjected, objstore.ErrNoSpace}},
		{rule: "any fail=permission", err: []error{ErrInjected, objstore.ErrPermission}},
		{rule: "put fail=precondition", err: []error{ErrInjected, objstore.ErrPrecondition}},
		{rule: "put lost", want: "0123456789", err: []error{ErrInjected, objstore.ErrOutcomeUnknown}},
		{rule: "put phantom", err: []error{ErrInjected, objstore.ErrOutcomeUnknown}},
		{rule: "put late=5", err: []error{ErrInjected, objstore.ErrOutcomeUnknown}},
		{rule: "put torn", err: []error{ErrInjected}, retry: true},
		{rule: "put torn", nonAtomic: true, want: "01234", err: []error{ErrInjected}, retry: true},
		{rule: "put crash", err: []error{ErrInjected, ErrCrashed}},
		{rule: "put crash-after", want: "0123456789", err: []error{ErrInjected, ErrCrashed}},
		{rule: "put delay=0s", want: "0123456789"},
		{rule: "put lag=1", want: "0123456789"},
		{rule: "get fail", want: "0123456789"},
		{rule: "put key=other fail", want: "0123456789"},
	} {
		inner := mem.New()
		s := Wrap(inner, Options{Rules: mustParse(t, c.rule), NonAtomic: c.nonAtomic})
		_, err := s.Put(t.Context(), "k", objstore.Bytes([]byte("0123456789")), objstore.Cond{IfAbsent: true})
		if (err == nil) != (len(c.err) == 0) || objstore.IsRetryable(err) != c.retry {
			t.Errorf("%s: error %v, retryable %v", c.rule, err, objstore.IsRetryable(err))
		}
		for _, want := range c.err {
			if !errors.Is(err, want) {
				t.Errorf("%s: error %v is not %q", c.rule, err, want)
			}
		}
		got, _, _ := objstore.ReadAll(t.Context(), inner, "k")
		if string(got) != c.want {
			t.Errorf("%s: the store holds %q, want %q", c.rule, got, c.want)
		}
	}
}

func TestEffectsOnReads(t *testing.T) {
	ctx := t.Context()
	for _, rule := range []string{"any fail", "any lost", "any phantom", "any late=1", "any torn"} {
		inner := mem.New()
		put(t, inner, "a", "0123456789")
		put(t, inner, "b", "")
		s := Wrap(inner, Options{Rules: mustParse(t, rule)})
		rc, _, err := s.Get(ctx, "a", objstore.Range{})
		var b []byte
		if err == nil {
			b, err = io.ReadAll(rc)
		}
		if !errors.Is(err, ErrInjected) || !objstore.IsRetryable(err) {
			t.Errorf("%s: get: %v", rule, err)
		}
		if rule == "any torn" && string(b) != "01234" {
			t.Errorf("%s: got %q", rule, b)
		}
		if _, err := s.Head(ctx, "a"); !errors.Is(err, ErrInjected) {
			t.Errorf("%s: head: %v", rule, err)
		}
		keys, err := list(ctx, s)
		if !errors.Is(err, ErrInjected) || (len(keys) == 1) != (rule == "any torn") {
			t.Errorf("%s: list: %q, %v", rule, keys, err)
		}
	}
}

func TestEffectsOnDeletes(t *testing.T) {
	for rule, want := range map[string][]string{
		"delete key=c fail": {"a", "b", "c"}, // any of the keys of the call matches
		"delete phantom":    {"a", "b", "c"},
		"delete torn":       {"b", "c"},
		"delete lost":       {},
	} {
		inner := mem.New()
		for _, k := range []string{"a", "b", "c"} {
			put(t, inner, k, k)
		}
		err := Wrap(inner, Options{Rules: mustParse(t, rule)}).Delete(t.Context(), "a", "b", "c")
		if !errors.Is(err, ErrInjected) {
			t.Errorf("%s: %v", rule, err)
		}
		if keys, _ := list(t.Context(), inner); !slices.Equal(keys, want) && len(keys)+len(want) > 0 {
			t.Errorf("%s: left %q, want %q", rule, keys, want)
		}
	}
}

func TestALatePutLandsWhenItsTimeComes(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		rival bool // another writes the key before the late put lands
		want  string
	}{{false, "late"}, {true, "rival"}} {
		s := Wrap(mem.New(), Options{Rules: mustParse(t, "put nth=1 late=3")})
		if _, err := s.Put(ctx, "k", objstore.Bytes([]byte("late")), objstore.Cond{IfAbsent: true}); !errors.Is(err, objstore.ErrOutcomeUnknown) {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := s.Head(ctx, "k"); !errors.Is(err, objstore.ErrNotExist) {
				t.Fatal("it is there too early:", err)
			}
		}
		if c.rival {
			put(t, s.Unwrap(), "k", "rival")
		}
		got, _, err := objstore.ReadAll(ctx, s, "k")
		if err != nil || string(got) != c.want {
			t.Errorf("got %q, %v; want %q", got, err, c.want)
		}
	}
	s := Wrap(mem.New(), Options{Rules: mustParse(t, "put late=99")})
	_, _ = s.Put(ctx, "k", objstore.Bytes(nil), objstore.Cond{})
	s.Settle(ctx)
	if _, err := s.Head(ctx, "k"); err != nil {
		t.Error(err)
	}
}

func TestLaggingLists(t *testing.T) {
	s := Wrap(mem.New(), Options{Rules: mustParse(t, "put key=new lag=2")})
	put(t, s, "old", "")
	put(t, s, "new", "")
	for i, want := range []string{"old", "old", "new old"} {
		keys, err := list(t.Context(), s)
		if err != nil || strings.Join(keys, " ") != want {
			t.Errorf("list %d: %q, %v; want %q", i, keys, err, want)
		}
		if _, err := s.Head(t.Context(), "new"); err != nil {
			t.Error(err)
		}
	}
}

func TestACrashStopsEverythingUntilRevived(t *testing.T) {
	ctx := t.Context()
	s := Wrap(mem.New(), Options{Rules: mustParse(t, "put key=k crash-after")})
	put(t, s, "a", "x")
	open, _, err := s.Get(ctx, "a", objstore.Range{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Put(ctx, "k", objstore.Bytes(nil), objstore.Cond{})
	_, readErr := io.ReadAll(open)
	_, listErr := list(ctx, s)
	for i, err := range []error{err, readErr, listErr, s.Delete(ctx, "a")} {
		if !errors.Is(err, ErrCrashed) || objstore.IsRetryable(err) {
			t.Errorf("%d: %v", i, err)
		}
	}
	s.Revive()
	if keys, err := list(ctx, s); err != nil || len(keys) != 2 {
		t.Errorf("after the restart: %q, %v", keys, err)
	}
}

// The pattern of all "fail the i-th call" tests.
func TestEachCallCanBeMadeToFail(t *testing.T) {
	work := func(s objstore.Store) error {
		for i := range 3 {
			if _, err := s.Put(t.Context(), fmt.Sprint(i), objstore.Bytes(nil), objstore.Cond{}); err != nil {
				return err
			}
		}
		_, err := s.Head(t.Context(), "2")
		return err
	}
	clean := Wrap(mem.New(), Options{})
	if err := work(clean); err != nil || clean.Calls() != 4 || clean.Count(Put) != 3 || clean.Count(Any) != 4 {
		t.Fatalf("%d calls, %v", clean.Calls(), err)
	}
	for i := 1; i <= clean.Calls(); i++ {
		s := Wrap(mem.New(), Options{Rules: []Rule{{Call: i, Effect: Fail}}})
		if err := work(s); !errors.Is(err, ErrInjected) || s.Calls() != i {
			t.Errorf("call %d: %v after %d calls", i, err, s.Calls())
		}
	}
}

func TestARandomRunCanBeReplayed(t *testing.T) {
	run := func(o Options) (string, []Rule) {
		s := Wrap(mem.New(), o)
		var told strings.Builder
		for i := range 60 {
			_, err := s.Put(t.Context(), fmt.Sprint(i%7), objstore.Bytes(nil), objstore.Cond{IfAbsent: true})
			fmt.Fprintln(&told, errors.Is(err, ErrInjected), errors.Is(err, objstore.ErrPrecondition), errors.Is(err, objstore.ErrOutcomeUnknown))
		}
		return told.String(), s.Log()
	}
	random := &Random{Seed: 7, Rate: 0.4, Effects: mustParse(t, "any fail\nput lost\nput late=2\nget torn")}
	first, log := run(Options{Random: random})
	if again, _ := run(Options{Random: random}); again != first {
		t.Error("the same seed gave another run")
	}
	if replay, _ := run(Options{Rules: log}); replay != first || len(log) < 5 {
		t.Errorf("replaying the log of %d faults gave another run", len(log))
	}
}

func TestHooksSeeEveryCall(t *testing.T) {
	stop := errors.New("stop here")
	var seen []string
	s := Wrap(mem.New(), Options{
		Before: func(_ context.Context, c Call) error {
			seen = append(seen, fmt.Sprintf("%d %s %s", c.N, c.Op, c.Key))
			if c.Op == Delete {
				return stop
			}
			return nil
		},
		After: func(_ context.Context, c Call, err error) { seen = append(seen, fmt.Sprint(c.N, err == nil)) },
	})
	put(t, s, "k", "v")
	if err := s.Delete(t.Context(), "k"); !errors.Is(err, stop) {
		t.Error(err)
	}
	if _, err := list(t.Context(), s); err != nil {
		t.Error(err)
	}
	if want := []string{"1 put k", "1 true", "2 delete k", "2 false", "3 list ", "3 true"}; !slices.Equal(seen, want) {
		t.Errorf("saw %q", seen)
	}
}

func TestDelaysUseTheInjectedSleep(t *testing.T) {
	var slept time.Duration
	s := Wrap(mem.New(), Options{
		Rules: mustParse(t, "put delay=1m"),
		Sleep: func(_ context.Context, d time.Duration) error { slept += d; return nil },
	})
	put(t, s, "k", "v")
	if slept != time.Minute {
		t.Errorf("slept %v", slept)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Wrap(mem.New(), Options{Rules: mustParse(t, "put delay=1h")}).Put(ctx, "k", objstore.Bytes(nil), objstore.Cond{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func put(t *testing.T, s objstore.Store, key, value string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, objstore.Bytes([]byte(value)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

func list(ctx context.Context, s objstore.Store) ([]string, error) {
	var keys []string
	for info, err := range s.List(ctx, "", "") {
		if err != nil {
			return keys, err
		}
		keys = append(keys, info.Key)
	}
	return keys, nil
}

func mustParse(t *testing.T, text string) []Rule {
	t.Helper()
	rules, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}
