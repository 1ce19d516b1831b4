package txlog

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestMain(m *testing.M) {
	_ = flag.Set("rapid.checks", "6") // each check is a whole life of a table; -rapid.checks asks for more
	goleak.VerifyTestMain(m)
}

// clock advances by a second with each look.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Second)
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// testOptions neither sleep nor depend on anything outside.
func testOptions(c *clock) Options {
	return Options{Now: c.now, Rand: rand.New(rand.NewSource(1)), Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, EngineInfo: "ingestd/test"}
}

func newStore() (*mem.Store, *clock) {
	c := newClock()
	return mem.New(mem.WithNow(c.now)), c
}

func metadata(ddl string, by []string, properties ...string) *action.Metadata {
	s, err := schema.ParseDDL(ddl)
	if err != nil {
		panic(err)
	}
	m := &action.Metadata{ID: "id", Format: action.Format{Provider: "parquet"}, SchemaString: s.JSON(), PartitionColumns: by, Configuration: map[string]string{}}
	for i := 0; i < len(properties); i += 2 {
		m.Configuration[properties[i]] = properties[i+1]
	}
	return m
}

// testProtocol lists what the tests of the log need: file actions with deletion vectors, domains, and some more.
func testProtocol(more ...string) *action.Protocol {
	return &action.Protocol{
		MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"},
		WriterFeatures: append([]string{"appendOnly", "deletionVectors", "domainMetadata", "invariants"}, more...),
	}
}

func newTable(t testing.TB, store objstore.Store, c *clock, properties ...string) *Snapshot {
	t.Helper()
	tx := New(store, testOptions(c)).Create(t.Context(), Operation{Name: "CREATE TABLE"})
	tx.Stage(testProtocol(), metadata("id BIGINT, p STRING", []string{"p"}, properties...))
	return mustCommit(t, tx)
}

func mustCommit(t testing.TB, tx *Transaction) *Snapshot {
	t.Helper()
	c, err := tx.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Snapshot
}

func add(path string) *action.Add {
	stats := `{"numRecords":1}`
	return &action.Add{Path: path, PartitionValues: map[string]*string{"p": nil}, Size: 1, ModificationTime: 1, DataChange: true, Stats: &stats}
}

func remove(path string) *action.Remove {
	at := int64(1)
	return &action.Remove{Path: path, DataChange: true, DeletionTimestamp: &at}
}

func appendFiles(t testing.TB, s *Snapshot, paths ...string) *Snapshot {
	t.Helper()
	tx := s.Begin(Operation{Name: "WRITE"})
	for _, p := range paths {
		tx.Stage(add(p))
	}
	return mustCommit(t, tx)
}

func filesOf(t testing.TB, s *Snapshot) []string {
	t.Helper()
	var out []string
	for a, err := range s.Files(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a.Path)
	}
	slices.Sort(out)
	return out
}

func put(t testing.TB, store objstore.Store, key, text string) {
	t.Helper()
	if _, err := store.Put(t.Context(), key, objstore.Bytes([]byte(text)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "f" + strconv.Itoa(i)
	}
	slices.Sort(out)
	return out
}

func expectFiles(t testing.TB, s *Snapshot, want ...string) {
	t.Helper()
	if got := filesOf(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("version %d has the files %v, want %v", s.Version(), got, want)
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
