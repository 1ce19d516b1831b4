package checkpoint

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

const (
	sidecarActions = 50_000   // most that one sidecar holds, as Spark cuts them
	sidecarText    = 64 << 20 // bytes of paths, statistics and tags that end a sidecar before that
)

// V2 says where a V2 checkpoint goes.
type V2 struct {
	Version int64
	NewID   func() string // UUIDs for the names of the files
	Now     func() time.Time
	// SidecarActions bounds the file actions of one sidecar; 0 is 50,000.
	SidecarActions int
}

// V2Written is what a V2 checkpoint was written as.
type V2Written struct {
	Top     objstore.Info   // the file that names the sidecars
	Actions []action.Action // in it
}

// WriteV2 writes a V2 checkpoint ("V2 Spec") under a name of its own ("UUID-named checkpoint"): file actions in
// sidecars, one after the other, all others in a Parquet file that names the sidecars and is written last. So a
// checkpoint that is there is whole; what one that was not finished leaves are sidecars that nothing names, for the
// cleanup of the log. Memory is that of one sidecar. Errors: those of the sequences and of Store.Put.
func WriteV2(ctx context.Context, store objstore.Store, v V2, s State, l Layout, codec string) (Written, error) {
	w := &sidecarWriter{store: store, v: v, layout: l, codec: codec, limit: v.SidecarActions}
	if w.limit <= 0 {
		w.limit = sidecarActions
	}
	fail := func(err error) (Written, error) {
		return Written{}, fmt.Errorf("write checkpoint of version %d: %w", v.Version, err)
	}
	if err := w.files(ctx, s.Adds, s.Removes); err != nil {
		return fail(err)
	}
	about := &action.CheckpointMetadata{Version: v.Version, Tags: map[string]*string{
		"sidecarNumActions": number(w.actions), "sidecarSizeInBytes": number(w.bytes), "numOfAddFiles": number(w.adds),
	}}
	top := []action.Action{about}
	for _, sc := range w.sidecars {
		top = append(top, sc)
	}
	for _, a := range s.Top {
		switch a.(type) {
		case *action.Protocol, *action.Metadata, *action.Txn, *action.DomainMetadata:
			top = append(top, a)
		}
	}
	text, err := topText(ctx, top, l, codec)
	if err != nil {
		return fail(err)
	}
	key := fmt.Sprintf("_delta_log/%020d.checkpoint.%s.parquet", v.Version, v.NewID())
	info, err := put(ctx, store, key, text, v.Now)
	if err != nil {
		return fail(err)
	}
	return Written{Actions: w.actions + int64(len(top)), Adds: w.adds, Bytes: w.bytes + info.Size, V2: &V2Written{Top: info, Actions: top}}, nil
}

func number(n int64) *string { return new(strconv.FormatInt(n, 10)) }

func topText(ctx context.Context, top []action.Action, l Layout, codec string) ([]byte, error) {
	var b bytes.Buffer
	out := newRowBatch(&b, l, topFile, codec)
	for _, a := range top {
		if err := out.add(ctx, func() { out.sh.setTop(a) }); err != nil {
			return nil, err
		}
	}
	err := out.close(ctx)
	return b.Bytes(), err
}

func put(ctx context.Context, store objstore.Store, key string, text []byte, now func() time.Time) (objstore.Info, error) {
	info, err := store.Put(ctx, key, objstore.Bytes(text), objstore.Cond{})
	info.Key, info.Size = key, int64(len(text))
	if info.ModTime.IsZero() { // not every store tells it
		info.ModTime = now()
	}
	return info, err
}

// sidecarWriter cuts file actions into sidecars.
type sidecarWriter struct {
	store  objstore.Store
	v      V2
	layout Layout
	codec  string
	limit  int

	out    *rowBatch // of the sidecar that is open; nil for none
	buffer bytes.Buffer
	text   int // bytes in it, before they are compressed

	sidecars             []*action.Sidecar
	actions, adds, bytes int64
}

func (w *sidecarWriter) files(ctx context.Context, adds iter.Seq2[*action.Add, error], removes iter.Seq2[*action.Remove, error]) error {
	for a, err := range adds {
		if err == nil {
			n := len(a.Path)
			if a.Stats != nil {
				n += len(*a.Stats)
			}
			err = w.add(ctx, n, func() { w.out.sh.setAdd(a) })
		}
		if err != nil {
			return err
		}
		w.adds++
	}
	for r, err := range removes {
		if err == nil {
			err = w.add(ctx, len(r.Path), func() { w.out.sh.setRemove(r) })
		}
		if err != nil {
			return err
		}
	}
	return w.end(ctx)
}

func (w *sidecarWriter) add(ctx context.Context, text int, set func()) error {
	if w.out == nil {
		w.buffer.Reset()
		w.out, w.text = newRowBatch(&w.buffer, w.layout, sidecarFile, w.codec), 0
	}
	w.text += text
	if err := w.out.add(ctx, set); err != nil {
		return err
	}
	w.actions++
	if w.out.count == int64(w.limit) || w.text >= sidecarText {
		return w.end(ctx)
	}
	return nil
}

// end puts the sidecar that is open, if any.
func (w *sidecarWriter) end(ctx context.Context) error {
	if w.out == nil {
		return nil
	}
	if err := w.out.close(ctx); err != nil {
		return err
	}
	w.out = nil
	name := w.v.NewID() + ".parquet"
	info, err := put(ctx, w.store, sidecarDir+name, w.buffer.Bytes(), w.v.Now)
	if err != nil {
		return err
	}
	w.bytes += info.Size
	w.sidecars = append(w.sidecars, &action.Sidecar{Path: name, SizeInBytes: info.Size, ModificationTime: info.ModTime.UnixMilli(), Tags: map[string]*string{}})
	return nil
}
