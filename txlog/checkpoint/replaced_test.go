package checkpoint

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

// replacing puts another object under the key at the nth get of it.
type replacing struct {
	objstore.Store
	by   []byte
	nth  int
	gets int
}

func (r *replacing) Get(ctx context.Context, key string, rg objstore.Range) (io.ReadCloser, objstore.Info, error) {
	if r.gets++; r.gets == r.nth {
		if _, err := r.Put(ctx, key, objstore.Bytes(r.by), objstore.Cond{}); err != nil {
			return nil, objstore.Info{}, err
		}
	}
	return r.Store.Get(ctx, key, rg)
}

// Two write a checkpoint of one version at once, and a reader has read a part of the first.
func TestTwoCheckpointsAreNeverReadAsOne(t *testing.T) {
	wide := func(n int, tag string) []byte {
		store := mem.New()
		adds := func(yield func(*action.Add, error) bool) {
			for range n {
				if !yield(&action.Add{Path: "f", Tags: map[string]*string{"t": &tag}}, nil) {
					return
				}
			}
		}
		_, err := Write(t.Context(), store, key, State{Adds: adds, Removes: func(func(*action.Remove, error) bool) {}}, Layout{}, "none")
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := objstore.ReadAll(t.Context(), store, key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := wide(40, strings.Repeat("a", wholeSize/32))
	for name, second := range map[string][]byte{
		"as long": wide(40, strings.Repeat("b", wholeSize/32)),
		"shorter": wide(3, "b"),
	} {
		store := &replacing{Store: mem.New(), by: second, nth: 4}
		info := write(t, store.Store, key, first)
		var err error
		for a, e := range (Part{info}).Adds(t.Context(), store) {
			if err = e; e == nil && (*a.Tags["t"])[0] != 'a' {
				t.Fatalf("%s: a row of the second checkpoint came after those of the first", name)
			}
		}
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
