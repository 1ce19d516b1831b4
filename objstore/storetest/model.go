package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"pgregory.net/rapid"
)

// model does random operations on the store and on a map, and expects the same answers.
func model(t *testing.T, s objstore.Store) {
	_, err := putIf(s, "probe", "x", ifAbsent)
	supported(t, err)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := machine{s: s, root: fmt.Sprintf("run-%d/", run), want: map[string]string{}, tags: map[string]objstore.ETag{}}
		actions := map[string]func(*rapid.T){
			"put": m.put, "put if absent": m.putIfAbsent, "put if match": m.putIfMatch, "get": m.get, "delete": m.delete, "list": m.list,
		}
		names := slices.Sorted(maps.Keys(actions))
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			actions[rapid.SampledFrom(names).Draw(rt, "op")](rt)
		}
		m.list(rt)
	})
}

type machine struct {
	s    objstore.Store
	root string
	want map[string]string
	tags map[string]objstore.ETag
}

// No key here is a folder of another, which a file system could not hold.
var modelKeys = []string{"a-b", "a.b", "a/b", "a/b c", "a/c%2Fd", "a0", "b/x/y", "b/x0", "é"}

func (m *machine) key(rt *rapid.T) string {
	return m.root + rapid.SampledFrom(modelKeys).Draw(rt, "key")
}

func (m *machine) write(rt *rapid.T, c objstore.Cond, key string, holds bool) {
	value := rapid.StringN(0, 20, 40).Draw(rt, "value")
	info, err := putIf(m.s, key, value, c)
	switch {
	case holds && err != nil:
		rt.Fatalf("put %q with %+v: %v", key, c, err)
	case !holds && !errors.Is(err, objstore.ErrPrecondition):
		rt.Fatalf("put %q with %+v: got %v, want ErrPrecondition", key, c, err)
	case holds:
		m.want[key], m.tags[key] = value, info.ETag
	}
}

func (m *machine) put(rt *rapid.T) { m.write(rt, objstore.Cond{}, m.key(rt), true) }

func (m *machine) putIfAbsent(rt *rapid.T) {
	key := m.key(rt)
	_, exists := m.want[key]
	m.write(rt, ifAbsent, key, !exists)
}

func (m *machine) putIfMatch(rt *rapid.T) {
	key := m.key(rt)
	if tag, ok := m.tags[key]; ok {
		_, exists := m.want[key]
		m.write(rt, objstore.Cond{IfMatch: tag}, key, exists)
	}
}

func (m *machine) get(rt *rapid.T) {
	key := m.key(rt)
	b, info, err := objstore.ReadAll(context.Background(), m.s, key)
	want, exists := m.want[key]
	switch {
	case !exists && !errors.Is(err, objstore.ErrNotExist):
		rt.Fatalf("get %q: %v, want ErrNotExist", key, err)
	case exists && (err != nil || string(b) != want || info.ETag != m.tags[key]):
		rt.Fatalf("get %q: %q %+v, %v; want %q with ETag %q", key, b, info, err, want, m.tags[key])
	}
}

func (m *machine) delete(rt *rapid.T) {
	keys := []string{m.key(rt), m.key(rt)}
	if err := m.s.Delete(context.Background(), keys...); err != nil {
		rt.Fatal(err)
	}
	for _, k := range keys {
		delete(m.want, k)
	}
}

func (m *machine) list(rt *rapid.T) {
	prefix := m.root + rapid.SampledFrom([]string{"", "a", "a/", "a/b", "b/", "c"}).Draw(rt, "prefix")
	after := rapid.SampledFrom([]string{"", m.root + "a.b", m.root + "a/", m.root + "b/x/y", "zzz"}).Draw(rt, "after")
	var got []string
	for info, err := range m.s.List(context.Background(), prefix, after) {
		if err != nil {
			rt.Fatal(err)
		}
		if info.Size != int64(len(m.want[info.Key])) {
			rt.Fatalf("list says %d bytes of %q", info.Size, info.Key)
		}
		got = append(got, info.Key)
	}
	if want := wantKeys(slices.Collect(maps.Keys(m.want)), prefix, after); !slices.Equal(got, want) {
		rt.Fatalf("list %q after %q: got %q, want %q", prefix, after, got, want)
	}
}
