package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

func putIf(s objstore.Store, key, value string, c objstore.Cond) (objstore.Info, error) {
	return s.Put(context.Background(), key, objstore.Bytes([]byte(value)), c)
}

var ifAbsent = objstore.Cond{IfAbsent: true}

var conditions = tests{
	"IfAbsent writes once": func(t *testing.T, s objstore.Store) {
		_, err := putIf(s, "log/1", "first", ifAbsent)
		supported(t, err)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err = putIf(s, "log/1", "second", ifAbsent)
			wantErr(t, err, objstore.ErrPrecondition, "log/1")
		}
		if objstore.IsRetryable(err) {
			t.Error("a lost race says that the same call could succeed")
		}
		// The same content by another call is another object: it must not pass for the first one's.
		_, err = putIf(s, "log/1", "first", ifAbsent)
		wantErr(t, err, objstore.ErrPrecondition)
		if got := get(t, s, "log/1"); got != "first" {
			t.Errorf("holds %q", got)
		}
		if got := listKeys(t, s, "", ""); len(got) != 1 {
			t.Errorf("keys: %q", got)
		}
	},
	"IfAbsent after delete": func(t *testing.T, s objstore.Store) {
		put(t, s, "k", "1")
		if err := s.Delete(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		_, err := putIf(s, "k", "2", ifAbsent)
		supported(t, err)
		if err != nil || get(t, s, "k") != "2" {
			t.Error(err)
		}
	},
	"IfAbsent racing: one winner": func(t *testing.T, s objstore.Store) { race(t, s) },
	"IfMatch": func(t *testing.T, s objstore.Store) {
		v1 := put(t, s, "k", "1")
		v2, err := putIf(s, "k", "2", objstore.Cond{IfMatch: v1.ETag})
		supported(t, err)
		if err != nil {
			t.Fatal(err)
		}
		_, err = putIf(s, "k", "3", objstore.Cond{IfMatch: v1.ETag})
		wantErr(t, err, objstore.ErrPrecondition, "k")
		if _, err = putIf(s, "k", "4", objstore.Cond{IfMatch: v2.ETag}); err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, "k"); got != "4" {
			t.Errorf("holds %q", got)
		}
	},
	"IfMatch of an absent object": func(t *testing.T, s objstore.Store) {
		v := put(t, s, "other", "1")
		_, err := putIf(s, "absent", "x", objstore.Cond{IfMatch: v.ETag})
		supported(t, err)
		wantErr(t, err, objstore.ErrPrecondition)
		if got := listKeys(t, s, "", ""); len(got) != 1 {
			t.Errorf("keys: %q", got)
		}
	},
	"IfMatch racing: a counter loses no step": func(t *testing.T, s objstore.Store) {
		put(t, s, "n", "0")
		v, _ := s.Head(context.Background(), "n")
		_, err := putIf(s, "n", "0 ", objstore.Cond{IfMatch: v.ETag})
		supported(t, err)
		put(t, s, "n", "0")
		var wg sync.WaitGroup
		var wins atomic.Int64
		for range 4 {
			wg.Go(func() {
				for range 10 {
					if countUp(t, s) {
						wins.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if got := get(t, s, "n"); got != fmt.Sprint(wins.Load()) {
			t.Errorf("%d steps succeeded, the counter says %s", wins.Load(), got)
		}
	},
	"both conditions are refused": func(t *testing.T, s objstore.Store) {
		_, err := putIf(s, "k", "1", objstore.Cond{IfAbsent: true, IfMatch: "x"})
		wantErr(t, err, objstore.ErrNotSupported)
	},
}

// countUp tries one step of a counter by read, compare and swap.
func countUp(t *testing.T, s objstore.Store) bool {
	b, info, err := objstore.ReadAll(context.Background(), s, "n")
	if err != nil {
		if !objstore.IsRetryable(err) {
			t.Error(err)
		}
		return false
	}
	var n int
	if _, err := fmt.Sscan(string(b), &n); err != nil {
		t.Errorf("the counter says %q: %v", b, err)
		return false
	}
	_, err = putIf(s, "n", fmt.Sprint(n+1), objstore.Cond{IfMatch: info.ETag})
	if err != nil && !errors.Is(err, objstore.ErrPrecondition) {
		t.Error(err)
	}
	return err == nil
}

// race lets many writers go for the same keys; each key must have one winner, who knows it.
func race(t *testing.T, s objstore.Store) {
	_, err := putIf(s, "probe", "x", ifAbsent)
	supported(t, err)
	const keys, writers = 20, 8
	var winners [keys]atomic.Int64
	var who [keys]atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for k := range keys {
				_, err := putIf(s, fmt.Sprintf("log/%020d.json", k), fmt.Sprint(w), ifAbsent)
				switch {
				case err == nil:
					winners[k].Add(1)
					who[k].Store(int64(w))
				case !errors.Is(err, objstore.ErrPrecondition):
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	for k := range keys {
		if n := winners[k].Load(); n != 1 {
			t.Errorf("key %d: %d winners", k, n)
		}
		if got := get(t, s, fmt.Sprintf("log/%020d.json", k)); got != fmt.Sprint(who[k].Load()) {
			t.Errorf("key %d holds the content of %s, but %d was told that it won", k, got, who[k].Load())
		}
	}
}
