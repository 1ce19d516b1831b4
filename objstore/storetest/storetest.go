// Package storetest is the one conformance suite that every objstore.Store passes: what the
// comments of objstore promise, as tests. It knows no particular store; what only one store
// promises is tested beside that store.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"golang.org/x/sync/errgroup"
)

// Run tests the stores that open returns, each time a new one that is empty and that no one else
// uses. What the store cannot give it must refuse with ErrNotSupported; those tests are skipped.
func Run(t *testing.T, open func(t *testing.T) objstore.Store) {
	groups := map[string]tests{
		"objects":    objects,
		"conditions": conditions,
		"ranges":     ranges,
		"lists":      lists,
		"streams":    streams,
		"errors":     failures,
		"model":      {"agrees with a map": model},
	}
	for group, all := range groups {
		t.Run(group, func(t *testing.T) {
			for name, test := range all {
				t.Run(name, func(t *testing.T) { test(t, open(t)) })
			}
		})
	}
}

func put(t testing.TB, s objstore.Store, key, value string) objstore.Info {
	t.Helper()
	info, err := s.Put(context.Background(), key, objstore.Bytes([]byte(value)), objstore.Cond{})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return info
}

func get(t testing.TB, s objstore.Store, key string) string {
	t.Helper()
	b, info, err := objstore.ReadAll(context.Background(), s, key)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	if info.Size != int64(len(b)) || info.Key != key {
		t.Fatalf("get %q: Info says %d bytes of %q, there are %d", key, info.Size, info.Key, len(b))
	}
	return string(b)
}

func getRange(s objstore.Store, key string, r objstore.Range) (string, objstore.Info, error) {
	rc, info, err := s.Get(context.Background(), key, r)
	if err != nil {
		return "", info, err
	}
	b, err := io.ReadAll(rc)
	return string(b), info, errors.Join(err, rc.Close())
}

func listKeys(t testing.TB, s objstore.Store, prefix, after string) []string {
	t.Helper()
	var keys []string
	for info, err := range s.List(context.Background(), prefix, after) {
		if err != nil {
			t.Fatalf("list %q after %q: %v", prefix, after, err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

// wantKeys is what List should say of these keys.
func wantKeys(all []string, prefix, after string) []string {
	var keys []string
	for _, k := range all {
		if strings.HasPrefix(k, prefix) && k > after {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

func wantErr(t testing.TB, err, want error, texts ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want one that is %q", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}

// supported skips the test where err says that the store cannot do it.
func supported(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, objstore.ErrNotSupported) {
		t.Skip(err)
	}
}

// nasty are keys that stores, shells, URLs and file systems like to break. No key is a folder of another.
var nasty = []string{
	"a!", "a-b", "a.b", "a/b!", "a0", "aa", "A",
	"b-/x", "b./x", "b/x", "b0/x",
	"with space", " lead", "trail ", "plus+plus", "percent%", "percent%20percent", "%2F", "amp&=;", "hash#?q",
	"date=2024-01-01/part-00000.parquet", "date=2024-01-01 00%3A00%3A00/x", "p=__HIVE_DEFAULT_PARTITION__/x",
	"quo'te\"", "back\\slash", "co:lon", "st*r", "br[ack]et", "cur{ly}", "pi|pe", "ti~de", "<lt>", "new\tline",
	"unicode/zażółć", "unicode/日本語", "unicode/é", "unicode/e\u0301", "unicode/\U0001F600", "unicode/\uffee",
	"_delta_log/00000000000000000000.json", "_delta_log/00000000000000000001.json", "_delta_log/_last_checkpoint",
	"_delta_log/00000000000000000010.checkpoint.0000000001.0000000002.parquet", ".hidden", ".dir/file", "..data", "x/...",
	"deep/" + strings.Repeat("d/", 30) + "x", "long/" + strings.Repeat("n", 200),
}

func putNasty(t testing.TB, s objstore.Store) []string {
	t.Helper()
	putAll(t, s, nasty, func(i int) string { return fmt.Sprint("value ", i) })
	return nasty
}

// putAll puts many objects at once, for many small puts one by one are slow on disks.
func putAll(t testing.TB, s objstore.Store, keys []string, value func(i int) string) {
	t.Helper()
	var g errgroup.Group
	g.SetLimit(16)
	for i, k := range keys {
		g.Go(func() error {
			_, err := s.Put(context.Background(), k, objstore.Bytes([]byte(value(i))), objstore.Cond{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
