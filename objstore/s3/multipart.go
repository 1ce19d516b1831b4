package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"
)

const maxParts = 10_000 // S3's limit

// inParts sends first and the rest of src as an upload in parts. The condition is checked when
// the upload is completed.
func (w *write) inParts(ctx context.Context, first []byte, src *source) (objstore.Info, error) {
	var id string
	err := w.s.retry(ctx, func(ctx context.Context) (err error) {
		id, err = w.s.core.NewMultipartUpload(ctx, w.s.bucket, w.name, w.options())
		return err
	})
	if err != nil {
		src.release(first)
		return objstore.Info{}, w.s.fail("put", w.key, err)
	}
	parts, err := w.sendParts(ctx, id, first, src)
	if err != nil {
		w.abort(ctx, id)
		return objstore.Info{}, err
	}
	w.once = func(ctx context.Context) (minio.UploadInfo, error) {
		var o minio.PutObjectOptions
		w.setCond(&o)
		return w.s.core.CompleteMultipartUpload(ctx, w.s.bucket, w.name, id, parts, o)
	}
	info, err := w.settle(ctx)
	if err == nil {
		info.Size = w.size
		return info, nil
	}
	w.abort(ctx, id)
	if errors.Is(err, objstore.ErrOutcomeUnknown) { // now that no attempt can take effect any more
		if found, o, rerr := w.readBack(context.WithoutCancel(ctx)); rerr == nil && found == ours {
			return infoOf(w.key, o), nil
		}
	}
	return info, err
}

// sendParts sends all parts, some at once, and returns them for the completion.
func (w *write) sendParts(ctx context.Context, id string, first []byte, src *source) ([]minio.CompletePart, error) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(w.s.opts.UploadParallelism)
	parts := make([]*minio.CompletePart, 0, 16)
	var err error
	for buf := first; err == nil; buf, err = src.part() {
		if gctx.Err() != nil || len(parts) == maxParts {
			src.release(buf)
			break
		}
		w.size += int64(len(buf))
		p := &minio.CompletePart{PartNumber: len(parts) + 1}
		parts = append(parts, p)
		g.Go(func() error {
			defer src.release(buf)
			etag, err := w.sendPart(gctx, id, p.PartNumber, buf)
			p.ETag = etag
			return err
		})
	}
	failed := g.Wait()
	switch {
	case failed != nil:
		return nil, w.s.fail("put", w.key, failed)
	case err == nil && ctx.Err() == nil:
		return nil, w.s.opError("put", w.key, fmt.Errorf("more than %d parts of %d bytes: raise the part size", maxParts, w.s.opts.PartSize), false)
	case err != io.EOF:
		return nil, w.s.opError("put", w.key, errors.Join(ctx.Err(), err), false)
	}
	done := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		done[i] = *p
	}
	return done, nil
}

func (w *write) sendPart(ctx context.Context, id string, number int, buf []byte) (etag string, err error) {
	hash := sha256Hex(buf)
	err = w.s.retry(ctx, func(ctx context.Context) error {
		l := newLease(buf)
		defer l.end()
		p, err := w.s.core.PutObjectPart(ctx, w.s.bucket, w.name, id, number, l, int64(len(buf)),
			minio.PutObjectPartOptions{Sha256Hex: hash, DisableContentSha256: true})
		etag = p.ETag
		return err
	})
	if err != nil {
		err = fmt.Errorf("part %d: %w", number, err)
	}
	return etag, err
}

// abort removes what was uploaded. It is done also when ctx has ended; where it fails, the
// bucket's lifecycle rule is left to do it.
func (w *write) abort(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_ = w.s.retry(ctx, func(ctx context.Context) error {
		return w.s.core.AbortMultipartUpload(ctx, w.s.bucket, w.name, id)
	})
}
