// Package objstore stores bytes under keys: on local disk, on S3 or MinIO, or in memory.
//
// It is the lowest room of the house and knows nothing of tables. The one thing the transaction
// log needs from a store beyond reading and writing is put-if-absent ([Cond].IfAbsent); every
// Store offers it atomically among all processes that use the same place, or refuses it.
//
// A Store is rooted at a URL. Keys are relative to the root, use '/' as separator, never start or
// end with '/', have no empty, "." or ".." segment nor one that begins with [Reserved], and are
// plain UTF-8: no percent-encoding is applied or undone by a Store.
//
// All stores pass the suite in package storetest. Behaviour is added by wrapping: package fault
// injects faults for tests.
package objstore

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store keeps objects. All methods may be called from many goroutines.
//
// Every error wraps one of the sentinels of errors.go where the caller could act on it, and says
// the operation and the key. Whether a failed call may simply be made again is told by
// [IsRetryable]. Implementations retry transient failures of idempotent calls by themselves,
// within the context, before they report them.
type Store interface {
	// Get opens an object, or a range of it, for reading. Idempotent. The Info describes the whole
	// object, not the range. The reader must be closed; reading ends with an error when ctx ends.
	// When the object is replaced meanwhile, the reader goes on with the old content or ends with a
	// retryable error; it never mixes.
	// Errors: ErrNotExist; ErrRange when r starts past the end.
	Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error)

	// Put writes an object whole: a reader sees the old object, none, or all of the new one, never
	// a part. When Put returns nil the object is durable.
	//
	// With c.IfAbsent at most one of any number of concurrent calls, in any process, succeeds; the
	// others get ErrPrecondition. A body that can be opened again is retried where that is safe.
	// When an answer was lost, Put reads back and compares before it reports: a put that took
	// effect is not reported as failed, and ErrPrecondition is never the echo of the caller's own
	// earlier attempt where the content can tell. What even reading back cannot settle is
	// ErrOutcomeUnknown: the object may or may not appear.
	// Errors: ErrPrecondition, ErrOutcomeUnknown, ErrNoSpace, ErrPermission, ErrNotSupported.
	Put(ctx context.Context, key string, b Body, c Cond) (Info, error)

	// Head describes an object without reading it. Idempotent. Errors: ErrNotExist.
	Head(ctx context.Context, key string) (Info, error)

	// List yields the objects whose keys begin with prefix and are greater than after, in
	// ascending byte order of their keys. A prefix is a string, not a folder: "a/b" also matches
	// "a/bc". Nothing there is an empty sequence, not an error. The first error ends the sequence.
	// Objects written or deleted while the sequence runs may or may not be seen; all others are.
	List(ctx context.Context, prefix, after string) iter.Seq2[Info, error]

	// Delete removes objects, in batches where the store can. Idempotent: an absent object is
	// success. On error some may have been removed.
	Delete(ctx context.Context, keys ...string) error

	// URL names the root for messages and for engines that read the files by themselves. It
	// never holds credentials.
	URL() string
}

// Range is a part of an object. The zero Range is the whole object.
type Range struct {
	Offset int64 // from the start; negative: the last -Offset bytes (Length is then ignored)
	Length int64 // 0: to the end
}

// Info describes an object.
type Info struct {
	Key     string
	Size    int64
	ModTime time.Time // of the store's clock; zero in the Info of a Put where the store does not say
	ETag    ETag      // may be empty in a List
}

// ETag identifies one content of one object; opaque.
type ETag string

// Cond is a condition that a Put checks atomically with its effect. The zero Cond always holds.
type Cond struct {
	IfAbsent bool // succeed only when no object has the key
	IfMatch  ETag // succeed only when the object is there with this ETag
}

// Body is what a Put writes.
type Body struct {
	// Open returns the content from its start. It is called once per attempt.
	Open func() (io.ReadCloser, error)
	// Size in bytes, or -1 where it is not known before the end.
	Size int64
	// Once says that Open can succeed only one time (a pipe), so the Put cannot be tried again.
	Once bool
}
