package s3

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// idHeader is the metadata that says which put wrote the object.
const idHeader = "Ingestd-Put"

// Put implements objstore.Store. The ModTime of its Info is zero, for S3 does not tell it.
func (s *Store) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	name, err := s.name(ctx, key)
	if err == nil {
		err = objstore.CheckCond(c)
	}
	if err != nil {
		return objstore.Info{}, s.opError("put", key, err, false)
	}
	if err := s.conditionsHold(ctx, c); err != nil {
		return objstore.Info{}, s.fail("put", key, err)
	}
	rc, err := b.Open()
	if err != nil {
		return objstore.Info{}, s.opError("put", key, err, false)
	}
	defer rc.Close()
	src := &source{s: s, r: objstore.WithContext(ctx, objstore.ExactSize(rc, b.Size))}
	defer src.release(nil)
	first, end := src.part()
	if end == nil {
		src.ahead, end = src.part() // most bodies are one part
	}
	if end != nil && end != io.EOF {
		src.release(first)
		return objstore.Info{}, s.opError("put", key, end, false)
	}
	w := &write{s: s, key: key, name: name, id: rand.Text(), cond: c}
	if end == io.EOF {
		defer src.release(first)
		return w.whole(ctx, first)
	}
	return w.inParts(ctx, first, src)
}

// options put the id into the object.
func (w *write) options() minio.PutObjectOptions {
	return minio.PutObjectOptions{
		UserMetadata:         map[string]string{idHeader: w.id},
		DisableContentSha256: true, // no signature by chunks: we sign the hash of the whole
	}
}

func (w *write) setCond(o *minio.PutObjectOptions) {
	if w.cond.IfAbsent {
		o.SetMatchETagExcept("*")
	}
	if w.cond.IfMatch != "" {
		o.SetMatchETag(string(w.cond.IfMatch))
	}
}

// whole puts data in one request.
func (w *write) whole(ctx context.Context, data []byte) (objstore.Info, error) {
	hash := sha256Hex(data)
	w.data, w.size = data, int64(len(data))
	w.once = func(ctx context.Context) (minio.UploadInfo, error) {
		o := w.options()
		w.setCond(&o)
		l := newLease(data)
		defer l.end()
		return w.s.core.PutObject(ctx, w.s.bucket, w.name, l, w.size, "", hash, o)
	}
	return w.settle(ctx)
}

func sha256Hex(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}
