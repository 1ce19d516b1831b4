package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

type tests = map[string]func(*testing.T, objstore.Store)

var objects = tests{
	"what was put is got": func(t *testing.T, s objstore.Store) {
		for _, size := range []int{0, 1, 511, 512, 64<<10 + 1} {
			want := strings.Repeat("x", size)
			key := fmt.Sprintf("folder/size-%d", size)
			info := put(t, s, key, want)
			if info.Key != key || info.Size != int64(size) {
				t.Errorf("put of %d bytes: %+v", size, info)
			}
			if got := get(t, s, key); got != want {
				t.Errorf("%d bytes came back as %d", size, len(got))
			}
		}
	},
	"head, get and list agree": func(t *testing.T, s objstore.Store) {
		made := put(t, s, "f/k", "value")
		head, err := s.Head(t.Context(), "f/k")
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := getRange(s, "f/k", objstore.Range{Offset: 1, Length: 2})
		if err != nil {
			t.Fatal(err)
		}
		if head.ETag == "" || head.ModTime.IsZero() || head.Size != 5 || head.Key != "f/k" {
			t.Errorf("head: %+v", head)
		}
		if got.ETag != head.ETag || got.Size != head.Size || !got.ModTime.Equal(head.ModTime) || got.Key != head.Key {
			t.Errorf("get says %+v, head %+v", got, head)
		}
		if made.ETag != head.ETag {
			t.Errorf("put says ETag %q, head %q", made.ETag, head.ETag)
		}
		for info, err := range s.List(t.Context(), "", "") {
			if err != nil || info.Key != "f/k" || info.Size != 5 || info.ModTime.IsZero() {
				t.Errorf("list: %+v, %v", info, err)
			}
			if info.ETag != "" && info.ETag != head.ETag {
				t.Errorf("list says ETag %q, head %q", info.ETag, head.ETag)
			}
		}
	},
	"a second put replaces": func(t *testing.T, s objstore.Store) {
		first := put(t, s, "k", "a longer first value")
		second := put(t, s, "k", "second")
		if got := get(t, s, "k"); got != "second" {
			t.Errorf("got %q", got)
		}
		if first.ETag == second.ETag {
			t.Errorf("both contents have ETag %q", first.ETag)
		}
	},
	"nasty keys": func(t *testing.T, s objstore.Store) {
		keys := putNasty(t, s)
		for i, k := range keys {
			if got := get(t, s, k); got != fmt.Sprint("value ", i) {
				t.Errorf("%q holds %q", k, got)
			}
		}
		if err := s.Delete(t.Context(), keys...); err != nil {
			t.Fatal(err)
		}
		if left := listKeys(t, s, "", ""); len(left) > 0 {
			t.Errorf("left after delete: %q", left)
		}
	},
	"delete": func(t *testing.T, s objstore.Store) {
		ctx := t.Context()
		put(t, s, "a/1", "1")
		put(t, s, "a/2", "2")
		put(t, s, "a/3", "3")
		if err := s.Delete(ctx, "a/1", "absent", "a/3", "no/folder/here", "a/2/below-an-object", "a"); err != nil {
			t.Fatal(err)
		}
		if got := listKeys(t, s, "", ""); !slices.Equal(got, []string{"a/2"}) {
			t.Errorf("left: %q", got)
		}
		for range 2 { // again is the same
			if err := s.Delete(ctx, "a/1"); err != nil {
				t.Error(err)
			}
		}
		if err := s.Delete(ctx); err != nil {
			t.Error("of nothing:", err)
		}
		put(t, s, "a/1", "again")
		if got := get(t, s, "a/1"); got != "again" {
			t.Errorf("put after delete: %q", got)
		}
	},
	"readers see old or new, never a part": func(t *testing.T, s objstore.Store) {
		value := func(i int) string { return strings.Repeat(fmt.Sprintf("%04d", i), 8<<10) }
		put(t, s, "k", value(0))
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 30 {
				put(t, s, "k", value(i))
			}
		})
		for range 4 {
			wg.Go(func() {
				for range 20 {
					b, _, err := objstore.ReadAll(context.Background(), s, "k")
					if err != nil {
						if !objstore.IsRetryable(err) {
							t.Errorf("a read beside puts: %v", err)
						}
						continue
					}
					if len(b) != 32<<10 || strings.Repeat(string(b[:4]), 8<<10) != string(b) {
						t.Errorf("a mixture of %d bytes", len(b))
					}
				}
			})
		}
		wg.Wait()
	},
}
