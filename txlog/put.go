package txlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

const (
	putTries     = 6                // of one attempt, while its outcome is not known
	settleWithin = 20 * time.Second // to find out what became of a put when the context has ended
)

// outcome of an attempt: it was committed, where neither err nor winner is set; or another commit
// has the version; or it failed, and unknown says that it may still be there, or come.
type outcome struct {
	err     error
	unknown bool
	winner  *rawCommit
}

// put writes the attempt's commit, if the version is free, and finds out what became of it.
//
// Where an answer was lost the version is read. If it is there, its txnId tells whose it is. If it
// is not there yet, the same bytes are put again: whichever of the puts takes effect, it is this
// one commit, and none can once the version is taken by another. So an attempt leaves this function either
// settled or unknown, and only a settled one may be followed by an attempt at a later version.
func (t *Transaction) put(ctx context.Context, a *attempt) outcome {
	if err := ctx.Err(); err != nil {
		return outcome{err: err}
	}
	key := commitKey(a.commit.version)
	unknown := false
	var last error
	for n := 1; n <= putTries; n++ {
		info, err := t.log.store.Put(ctx, key, objstore.Bytes(a.commit.text), objstore.Cond{IfAbsent: true})
		if err == nil {
			if !info.ModTime.IsZero() { // S3 does not tell it: our own clock must do
				a.commit.modTime = info.ModTime
			}
			return outcome{}
		}
		last = err
		if nothingWritten(err) {
			return unsettled(unknown, err)
		}
		found, id, ferr := t.whoHas(ctx, a.commit.version)
		switch {
		case ferr == nil && id == a.txnID:
			a.commit.modTime = found.modTime
			return outcome{}
		case ferr == nil:
			return outcome{winner: &found}
		case !errors.Is(ferr, objstore.ErrNotExist):
			last = errors.Join(err, ferr)
		}
		unknown = true
		if t.log.backoff(ctx, n) != nil {
			break
		}
	}
	return unsettled(unknown, last)
}

func unsettled(unknown bool, err error) outcome {
	if unknown && !errors.Is(err, objstore.ErrOutcomeUnknown) {
		err = fmt.Errorf("%w: %w", objstore.ErrOutcomeUnknown, err)
	}
	return outcome{err: err, unknown: unknown}
}

// nothingWritten says that the put that failed so has had and will have no effect. A failed
// condition is not among them: the version has to be read anyway, and might hold our own commit.
func nothingWritten(err error) bool {
	if errors.Is(err, objstore.ErrOutcomeUnknown) {
		return false
	}
	for _, definite := range []error{objstore.ErrNoSpace, objstore.ErrPermission, objstore.ErrNotSupported, objstore.ErrKey} {
		if errors.Is(err, definite) {
			return true
		}
	}
	return false
}

// whoHas reads the commit of a version and its txnId, also where the context has just ended: whether
// a commit was made is worth a moment more. A commit that cannot be read is an error, for it proves nothing.
func (t *Transaction) whoHas(ctx context.Context, version int64) (rawCommit, string, error) {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
		defer cancel()
	}
	c, err := t.log.fetch(ctx, version)
	if err != nil {
		return c, "", err
	}
	top, err := c.top()
	for _, a := range top {
		if i, ok := a.(*action.CommitInfo); ok {
			return c, i.TxnID, err
		}
	}
	return c, "", err
}
