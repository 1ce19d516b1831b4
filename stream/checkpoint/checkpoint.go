package checkpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/objstore"
)

// Options tune a Checkpoint; the zero value is fine.
type Options struct {
	// Retain is how many batches are kept in the logs; 0 is 100, as spark.sql.streaming.minBatchesToRetain.
	Retain int64
	// NewID makes the query's id; nil is a random UUID.
	NewID  func() string
	Logger *slog.Logger
}

// Checkpoint is the progress of one query. One goroutine uses it.
type Checkpoint struct {
	store  objstore.Store
	opts   Options
	id     string
	purged int64 // batches below are deleted
}

const (
	keyMetadata = "metadata"
	keyStart    = "sources/0/0"
	dirOffsets  = "offsets/"
	dirCommits  = "commits/"
)

func offsetsKey(id int64) string { return fmt.Sprintf("%s%d", dirOffsets, id) }
func commitsKey(id int64) string { return fmt.Sprintf("%s%d", dirCommits, id) }

// Exists says whether there is a checkpoint at the root of store. Errors: those of the store.
func Exists(ctx context.Context, store objstore.Store) (bool, error) {
	_, _, err := objstore.ReadAll(ctx, store, keyMetadata)
	if errors.Is(err, objstore.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Open opens the checkpoint at the root of store, and makes it where there is none.
// Errors: *CorruptError; those of the store.
func Open(ctx context.Context, store objstore.Store, opts Options) (*Checkpoint, error) {
	if opts.Retain == 0 {
		opts.Retain = 100
	}
	if opts.NewID == nil {
		opts.NewID = uuid.NewString
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Checkpoint{store: store, opts: opts}
	var meta struct {
		ID string `json:"id"`
	}
	meta.ID = opts.NewID()
	want, err := json.Marshal(meta)
	if err != nil {
		panic(err) // one string
	}
	have, err := c.putIfAbsent(ctx, keyMetadata, want)
	if err != nil {
		return nil, fmt.Errorf("open checkpoint %s: %w", c.Location(), err)
	}
	if err := json.Unmarshal(have, &meta); err != nil || meta.ID == "" {
		return nil, &CorruptError{c.Location(), keyMetadata, cmpErr(err, errors.New("it has no id")), "delete it: the query gets a new id and keeps its progress"}
	}
	c.id = meta.ID
	return c, nil
}

func cmpErr(err, or error) error {
	if err != nil {
		return err
	}
	return or
}

// ID is the query's identity, the same on each run.
func (c *Checkpoint) ID() string { return c.id }

// Location is the URL of the checkpoint.
func (c *Checkpoint) Location() string { return c.store.URL() }

// putIfAbsent writes data below key, and gives what is there then: data, or what was there before.
func (c *Checkpoint) putIfAbsent(ctx context.Context, key string, data []byte) ([]byte, error) {
	_, err := c.store.Put(ctx, key, objstore.Bytes(data), objstore.Cond{IfAbsent: true})
	if err == nil {
		return data, nil
	}
	if !errors.Is(err, objstore.ErrPrecondition) {
		return nil, err
	}
	have, _, err := objstore.ReadAll(ctx, c.store, key)
	return have, err
}

// Start records the offsets at which the query begins, and gives those that hold: o, or what an
// earlier run recorded. Errors: *CorruptError; those of the store.
func (c *Checkpoint) Start(ctx context.Context, o map[string]int64) (map[string]int64, error) {
	want := fmt.Appendf(nil, "%s\n%s", logVersion, EncodeOffsets(o))
	have, err := c.putIfAbsent(ctx, keyStart, want)
	if err != nil {
		return nil, fmt.Errorf("record the starting offsets in checkpoint %s: %w", c.Location(), err)
	}
	return c.decodeStart(have)
}

func (c *Checkpoint) decodeStart(data []byte) (map[string]int64, error) {
	body, err := cutHeader(data)
	var o map[string]int64
	if err == nil {
		o, err = DecodeOffsets(body)
	}
	if err != nil {
		return nil, &CorruptError{c.Location(), keyStart, err, "delete it: a query that has committed nothing yet begins at its starting_offsets again"}
	}
	return o, nil
}

// Begin fixes a batch. When Begin fails with an outcome that is not known, Load tells it.
// Errors: *TakenError when another process has begun it; those of the store.
func (c *Checkpoint) Begin(ctx context.Context, b Batch) error {
	want := b.encode()
	have, err := c.putIfAbsent(ctx, offsetsKey(b.ID), want)
	if err != nil {
		return fmt.Errorf("begin batch %d in checkpoint %s: %w", b.ID, c.Location(), err)
	}
	if !bytes.Equal(have, want) {
		other, _ := decodeBatch(b.ID, have) // what cannot be read is not ours either
		return &TakenError{Location: c.Location(), Batch: b.ID, Run: other.Run}
	}
	return nil
}

// Commit records that batch id is in the sink, and deletes entries that are no longer needed. It
// may be called again.
func (c *Checkpoint) Commit(ctx context.Context, id int64) error {
	if _, err := c.putIfAbsent(ctx, commitsKey(id), []byte(logVersion+"\n{\"nextBatchWatermarkMs\":0}")); err != nil {
		return fmt.Errorf("commit batch %d in checkpoint %s: %w", id, c.Location(), err)
	}
	c.purge(ctx, id-c.opts.Retain+1)
	return nil
}

// purge deletes the entries below id. An entry that stays is only a waste, so errors are logged.
func (c *Checkpoint) purge(ctx context.Context, id int64) {
	var keys []string
	for i := c.purged; i < id; i++ {
		keys = append(keys, offsetsKey(i), commitsKey(i))
	}
	if len(keys) == 0 {
		return
	}
	if err := c.store.Delete(ctx, keys...); err != nil {
		c.opts.Logger.Warn("old batches stay in the checkpoint", "checkpoint", c.Location(), "error", err)
		return
	}
	c.purged = id
}
