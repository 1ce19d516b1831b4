package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// write is one put, however many attempts it takes. All of them carry the same id.
type write struct {
	s         *Store
	key, name string
	id        string
	cond      objstore.Cond
	size      int64
	data      []byte // the content, where it is one request
	once      func(ctx context.Context) (minio.UploadInfo, error)

	doubt error // the last attempt that may have taken effect, or may yet
}

// settle attempts the write until it is known what became of it; see the package comment.
func (w *write) settle(ctx context.Context) (objstore.Info, error) {
	for n := 1; ; n++ {
		var up minio.UploadInfo
		err := w.s.attempt(ctx, func(ctx context.Context) (err error) {
			up, err = w.once(ctx)
			return err
		})
		if err == nil {
			return objstore.Info{Key: w.key, Size: w.size, ETag: objstore.ETag(up.ETag)}, nil
		}
		c := w.s.classify(err)
		if c.doubtful {
			w.doubt = err
		}
		rejected := w.rejected(c)
		if rejected || w.doubt != nil && w.cond != (objstore.Cond{}) {
			if info, known, verdict := w.judge(ctx, err); known {
				return info, verdict
			}
		}
		if !c.transient && !rejected || n >= w.s.opts.MaxAttempts || w.s.backoff(ctx, n) != nil {
			return w.giveUp(ctx, err, rejected)
		}
	}
}

// rejected says whether the server refused the write because of what is there, or because the
// upload is no longer there: an earlier attempt, ours or a proxy's, may have completed it.
func (w *write) rejected(c class) bool {
	return c.code == noUpload ||
		w.cond != (objstore.Cond{}) && errors.Is(c.sentinel, objstore.ErrPrecondition) ||
		w.cond.IfMatch != "" && c.code == "NoSuchKey" // there is nothing to match
}

const noUpload = "NoSuchUpload"

// judge reads back after err. known is false where trying again is safe and could help.
func (w *write) judge(ctx context.Context, err error) (info objstore.Info, known bool, verdict error) {
	found, o, rerr := w.readBack(ctx)
	gone := w.s.classify(err).code == noUpload
	switch {
	case rerr != nil && w.doubt == nil && !gone:
		return info, true, w.lost(err) // there is only the server's word, and no reason to doubt it
	case rerr != nil:
		return info, true, w.unknown(errors.Join(err, fmt.Errorf("reading back: %w", rerr)))
	case found == ours:
		return infoOf(w.key, o), true, nil
	case w.cond.IfAbsent && found == others, w.doubt == nil && !gone && found == others:
		return info, true, w.lost(err)
	case gone || w.cond.IfMatch != "" && found == others:
		return info, true, w.unknown(fmt.Errorf("what is there now is not this object, which may have been there before: %w", err))
	}
	return info, false, nil
}

type found int

const (
	others    found = iota // an object that this write did not make
	ours                   // the object that this write made
	unchanged              // what the condition asks for: no object, or the one to match
)

// readBack looks at what is there now.
func (w *write) readBack(ctx context.Context) (found, minio.ObjectInfo, error) {
	o, err := w.s.stat(ctx, w.name)
	if err != nil {
		if !errors.Is(w.s.classify(err).sentinel, objstore.ErrNotExist) {
			return others, o, err
		}
		if w.cond.IfMatch != "" {
			return others, o, nil
		}
		return unchanged, o, nil
	}
	id := o.Metadata.Get("X-Amz-Meta-" + idHeader)
	switch {
	case id == w.id:
		return ours, o, nil
	case w.cond.IfMatch != "" && o.ETag == string(w.cond.IfMatch):
		return unchanged, o, nil
	case id != "" || w.doubt == nil || w.data == nil || o.Size != w.size:
		return others, o, nil
	}
	same, err := w.sameContent(ctx, o)
	if same {
		return ours, o, err
	}
	return others, o, err
}

// sameContent compares the object with the data, for an object without an id.
func (w *write) sameContent(ctx context.Context, o minio.ObjectInfo) (bool, error) {
	rc, _, err := w.s.Get(ctx, w.key, objstore.Range{})
	if errors.Is(err, objstore.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer rc.Close()
	got, err := io.ReadAll(io.LimitReader(rc, o.Size+1))
	return err == nil && bytes.Equal(got, w.data), err
}

// giveUp is the end without a success. What remains in doubt is looked at once more.
func (w *write) giveUp(ctx context.Context, err error, rejected bool) (objstore.Info, error) {
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	if w.doubt == nil {
		if rejected {
			return objstore.Info{}, w.lost(err)
		}
		return objstore.Info{}, w.s.fail("put", w.key, err)
	}
	if ctx.Err() == nil {
		if found, o, rerr := w.readBack(ctx); rerr == nil && found == ours {
			return infoOf(w.key, o), nil
		}
	}
	return objstore.Info{}, w.unknown(err)
}

// lost is the error of a condition that does not hold.
func (w *write) lost(err error) error {
	if !errors.Is(err, objstore.ErrPrecondition) {
		err = fmt.Errorf("%w: %w", objstore.ErrPrecondition, err)
	}
	return w.s.opError("put", w.key, err, false)
}

// unknown is the error of a write that may have taken effect or may yet. Without a condition,
// putting the same again does no harm.
func (w *write) unknown(err error) error {
	return w.s.opError("put", w.key, fmt.Errorf("%w: %w", objstore.ErrOutcomeUnknown, err), w.cond == (objstore.Cond{}))
}
