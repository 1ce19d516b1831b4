package checkpoint

import (
	"context"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// WriteClassic writes the content of a V2 checkpoint under a classic name, for clients that know no other. One that is JSON
// and holds its file actions by itself is left as it is. Errors: *CorruptError; those of the store.
func (r Ref) WriteClassic(ctx context.Context, store objstore.Store, key string) error {
	if !isJSON(r.Files[0].Key) {
		text, _, err := objstore.ReadAll(ctx, store, r.Files[0].Key)
		if err != nil {
			return err
		}
		_, err = store.Put(ctx, key, objstore.Bytes(text), objstore.Cond{})
		return err
	}
	top, err := r.Top(ctx, store)
	if err != nil {
		return err
	}
	for _, a := range top {
		if _, ok := a.(*action.Sidecar); !ok {
			continue
		}
		text, err := topText(ctx, top, Layout{}, "zstd")
		if err != nil {
			return err
		}
		_, err = store.Put(ctx, key, objstore.Bytes(text), objstore.Cond{})
		return err
	}
	return nil
}
