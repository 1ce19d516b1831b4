package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// openChild is ingestd's side of a task, alone in its process; it prints what it measured.
func openChild(ctx context.Context, task, dir string) error {
	inner, err := local.New(dir)
	if err != nil {
		return err
	}
	store := &readCounter{Store: inner}
	began := time.Now()
	s, err := txlog.New(store, txlog.Options{}).Snapshot(ctx)
	if err != nil {
		return err
	}
	if task == "append" {
		return appendChild(ctx, s, store, began)
	}
	files, err := count(ctx, s)
	took := time.Since(began)
	if err == nil && task == "update" {
		text := action.Encode(newFile())
		if _, err = inner.Put(ctx, fmt.Sprintf("_delta_log/%020d.json", s.Version()+1), objstore.Bytes(text), objstore.Cond{IfAbsent: true}); err != nil {
			return err
		}
		began = time.Now()
		s, err = s.Update(ctx)
		if took = time.Since(began); err != nil {
			return err
		}
		files, err = count(ctx, s)
	}
	if err != nil {
		return err
	}
	return tell(took, files, "")
}

// appendChild commits a file, and tells what was read of the table after it was opened.
func appendChild(ctx context.Context, s *txlog.Snapshot, store *readCounter, began time.Time) error {
	gets, bytes := store.gets.Load(), store.bytes.Load()
	tx := s.Begin(txlog.Operation{Name: "WRITE"})
	tx.Stage(newFile())
	c, err := tx.Commit(ctx)
	took := time.Since(began)
	if err != nil {
		return err
	}
	gets, bytes = store.gets.Load()-gets, store.bytes.Load()-bytes
	note := fmt.Sprintf("the commit read %d objects, %d bytes", gets, bytes)
	files, err := count(ctx, c.Snapshot) // only now the live files are loaded
	if err != nil {
		return err
	}
	return tell(took, files, note)
}

func newFile() *action.Add {
	return &action.Add{Path: "new", PartitionValues: map[string]*string{"partition_col": new("x")}, Size: 1, ModificationTime: 1, DataChange: true}
}

func count(ctx context.Context, s *txlog.Snapshot) (n int, err error) {
	for _, err := range s.Files(ctx) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func tell(took time.Duration, files int, note string) error {
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"seconds": took.Seconds(), "files": files, "note": note})
}

// readCounter counts what is read of a store.
type readCounter struct {
	objstore.Store
	gets, bytes atomic.Int64
}

// Get implements objstore.Store.
func (r *readCounter) Get(ctx context.Context, key string, at objstore.Range) (io.ReadCloser, objstore.Info, error) {
	body, info, err := r.Store.Get(ctx, key, at)
	if err != nil {
		return nil, info, err
	}
	r.gets.Add(1)
	return &countedBody{body, r}, info, nil
}

type countedBody struct {
	io.ReadCloser
	r *readCounter
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.r.bytes.Add(int64(n))
	return n, err
}
