package arbiter_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/arbiter/dynamotest"
)

// asleep sleeps before it puts a file of a commit's preparation; wake runs meanwhile.
type asleep struct {
	objstore.Store
	wake func()
}

func (a *asleep) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if wake := a.wake; wake != nil {
		a.wake = nil
		wake()
	}
	return a.Store.Put(ctx, key, b, c)
}

// A writer looks for the version, sleeps for days, and goes on: another has made the version meanwhile, and its entry has expired.
func TestAWriterThatSleptPastTheExpiryOverwritesNothing(t *testing.T) {
	before, after := dynamotest.New(t), dynamotest.New(t)
	inner := newStore()
	other := open(t, inner, options(t, before))
	mustCommit(t, other, 0, "zero")
	// In the other DynamoDB the entries have expired.
	late := open(t, &asleep{inner, func() { mustCommit(t, other, 1, "theirs") }}, options(t, after))
	if err := commit(late, 1, "mine"); !errors.Is(err, objstore.ErrPrecondition) {
		t.Errorf("the version is another's: %v", err)
	}
	if got := read(t, other, 1); got != "theirs" {
		t.Errorf("version 1 holds %q", got)
	}
	mustCommit(t, late, 2, "two")
	if got := read(t, late, 1); got != "theirs" {
		t.Errorf("version 1 holds %q", got)
	}
}

// A reader that recovers the commit while its writer does the same takes nothing from the writer.
func TestACommitThatAReaderRecoveredIsItsWriters(t *testing.T) {
	server, inner := dynamotest.New(t), newStore()
	reader := open(t, inner, options(t, server))
	mustCommit(t, reader, 0, "zero")
	slow := &recovered{Store: inner, reader: func() {
		if got := read(t, reader, 1); got != "mine" {
			t.Errorf("recovered %q", got)
		}
	}}
	mustCommit(t, open(t, slow, options(t, server)), 1, "mine")
	if got := read(t, reader, 1); got != "mine" {
		t.Errorf("version 1 holds %q", got)
	}
}

// recovered lets a reader in at the writer's second look for version 1.
type recovered struct {
	objstore.Store
	reader func()
	looks  int
}

func (r *recovered) Head(ctx context.Context, key string) (objstore.Info, error) {
	if key == commitKey(1) {
		if r.looks++; r.looks == 2 {
			r.reader()
		}
	}
	return r.Store.Head(ctx, key)
}

// The entry of the version before must be marked before the next is made, or a Get would bring the version back after its cleanup.
func TestTheNextCommitWaitsForTheMarkOfTheOneBefore(t *testing.T) {
	server, inner := dynamotest.New(t), newStore()
	s := open(t, inner, options(t, server))
	mustCommit(t, s, 0, "zero")
	prepare(t, server, inner, 1, "one")
	o := options(t, server)
	o.Transport = &refuseMarks{o.Transport}
	if err := commit(open(t, inner, o), 2, "two"); err == nil {
		t.Error("version 2 was made above an entry that is not complete")
	}
	mustCommit(t, s, 2, "two")
	for _, e := range server.Items("delta_log") {
		if e["complete"]["S"] != "true" {
			t.Errorf("not complete: %v", e)
		}
	}
}

// refuseMarks breaks the requests that mark an entry complete.
type refuseMarks struct{ http.RoundTripper }

func (r *refuseMarks) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(body, []byte("expireTime")) {
		return nil, io.ErrUnexpectedEOF
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	return r.RoundTripper.RoundTrip(q)
}
