package arbiter_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/arbiter/dynamotest"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// A writer dies at one of its calls to the store or to DynamoDB, before or after the call takes effect. What it was told is
// what others find, whatever that was.
func TestAWriterThatDiesAtAnyCallLeavesAWholeLog(t *testing.T) {
	for _, side := range []string{"store", "DynamoDB"} {
		for _, after := range []bool{false, true} {
			for n := 1; ; n++ {
				died := false
				t.Run(fmt.Sprintf("%s, call %d, after %v", side, n, after), func(t *testing.T) { died = dieAt(t, side, n, after) })
				if !died {
					if n < 4 {
						t.Errorf("%s: only %d calls were made", side, n-1)
					}
					break
				}
			}
		}
	}
}

func dieAt(t *testing.T, side string, n int, after bool) (died bool) {
	server, inner := dynamotest.New(t), newStore()
	other := open(t, inner, options(t, server))
	mustCommit(t, other, 0, "zero")
	prepare(t, server, inner, 1, "prepared")

	o := options(t, server)
	mine := inner
	if side == "store" {
		effect := fault.Crash
		if after {
			effect = fault.CrashAfter
		}
		f := fault.Wrap(inner, fault.Options{Rules: []fault.Rule{{Call: n, Effect: effect}}})
		defer func() { died = f.Calls() >= n }()
		mine = f
	} else {
		transport := &s3test.Transport{Base: o.Transport, Pick: func(i int, _ *http.Request) s3test.Fault {
			switch {
			case i < n:
				return s3test.None
			case i == n && after:
				return s3test.CutAfter
			}
			return s3test.CutBefore
		}}
		defer func() { died = transport.Requests() >= n }()
		o.Transport = transport
	}
	err := commit(open(t, mine, o), 2, "mine")
	found := read(t, other, 2)
	switch {
	case err == nil && found != "mine":
		t.Fatalf("committed, and version 2 holds %q", found)
	case err != nil && !errors.Is(err, objstore.ErrOutcomeUnknown) && found != "":
		t.Fatalf("failed for good (%v), and version 2 holds %q", err, found)
	case errors.Is(err, objstore.ErrPrecondition):
		t.Fatalf("nobody else was there: %v", err)
	}
	mustCommit(t, other, map[bool]int{true: 3, false: 2}[found != ""], "theirs")
	last := 2
	if found != "" {
		last = 3
	}
	if got := list(t, other); len(got) != last+1 || !slices.Contains(got, commitKey(last)) {
		t.Errorf("the log is %v", got)
	}
	if read(t, other, last) != "theirs" || read(t, other, 1) != "prepared" || found != "" && read(t, other, 2) != "mine" {
		t.Error("a version has changed")
	}
	for _, e := range server.Items("delta_log") {
		if e["complete"]["S"] != "true" {
			t.Errorf("entry %v stayed incomplete", e)
		}
	}
	return died
}

// Any one answer of DynamoDB is lost, or an error: the writer finds out by itself.
func TestALostAnswerIsNoFailure(t *testing.T) {
	for _, what := range []s3test.Fault{s3test.CutAfter, s3test.CutBefore, s3test.ErrorAfter, s3test.ErrorBefore, s3test.Repeated, s3test.GarbledAfter} {
		for n := 1; n <= 3; n++ {
			t.Run(fmt.Sprint(what, " ", n), func(t *testing.T) {
				server, inner := dynamotest.New(t), newStore()
				mustCommit(t, open(t, inner, options(t, server)), 0, "zero")
				o := options(t, server)
				o.Transport = &s3test.Transport{Base: o.Transport, Pick: func(i int, _ *http.Request) s3test.Fault {
					if i == n {
						return what
					}
					return s3test.None
				}}
				s := open(t, inner, o)
				if err := commit(s, 1, "mine"); err != nil && !(what == s3test.GarbledAfter && n == 1) {
					t.Fatal(err)
				} else if err == nil && read(t, s, 1) != "mine" {
					t.Errorf("version 1 holds %q", read(t, s, 1))
				}
			})
		}
	}
}

// The entry took effect although nobody said so, and nobody can be asked: the outcome is not known, and a reader finds the commit.
func TestAnEntryThatNobodyConfirmsIsOfUnknownOutcome(t *testing.T) {
	server, inner := dynamotest.New(t), newStore()
	mustCommit(t, open(t, inner, options(t, server)), 0, "zero")
	o := options(t, server)
	o.Transport = &s3test.Transport{Base: o.Transport, Pick: func(i int, _ *http.Request) s3test.Fault {
		switch {
		case i < 2:
			return s3test.None
		case i == 2:
			return s3test.CutAfter
		}
		return s3test.CutBefore
	}}
	err := commit(open(t, inner, o), 1, "mine")
	if !errors.Is(err, objstore.ErrOutcomeUnknown) || objstore.IsRetryable(err) {
		t.Fatal(err)
	}
	if got := read(t, open(t, inner, options(t, server)), 1); got != "mine" {
		t.Errorf("version 1 holds %q", got)
	}
}
