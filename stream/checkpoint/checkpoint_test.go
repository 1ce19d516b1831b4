package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream/checkpoint"
)

var at = time.UnixMilli(1_700_000_000_123).UTC()

func batch(id, from, to int64) checkpoint.Batch {
	return checkpoint.Batch{ID: id, From: map[string]int64{"events/0": from}, To: map[string]int64{"events/0": to}, Run: "run1", Time: at}
}

func openCheckpoint(t testing.TB, s objstore.Store) *checkpoint.Checkpoint {
	t.Helper()
	n := 0
	c, err := checkpoint.Open(t.Context(), s, checkpoint.Options{Retain: 5, NewID: func() string { n++; return fmt.Sprintf("id%d", n) }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func load(t testing.TB, c *checkpoint.Checkpoint) checkpoint.State {
	t.Helper()
	s, err := c.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func content(t testing.TB, s objstore.Store, key string) string {
	t.Helper()
	b, _, err := objstore.ReadAll(t.Context(), s, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func put(t testing.TB, s objstore.Store, key, text string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, objstore.Bytes([]byte(text)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

func do(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestIdentityStays(t *testing.T) {
	s := mem.New()
	c := openCheckpoint(t, s)
	if got := content(t, s, "metadata"); got != `{"id":"id1"}` {
		t.Errorf("metadata is %s", got)
	}
	again, err := checkpoint.Open(t.Context(), s, checkpoint.Options{})
	if err != nil || again.ID() != c.ID() {
		t.Errorf("id %q becomes %q, %v", c.ID(), again.ID(), err)
	}
}

func TestABatchIsBegunThenCommitted(t *testing.T) {
	s := mem.New()
	c := openCheckpoint(t, s)
	if st := load(t, c); st.Start != nil || st.Last != nil || st.Committed != -1 || st.At != nil || st.Pending() {
		t.Errorf("a new checkpoint is %+v", st)
	}
	start, err := c.Start(t.Context(), map[string]int64{"events/0": 5})
	if err != nil || start["events/0"] != 5 {
		t.Fatalf("start: %v, %v", start, err)
	}
	if start, err = c.Start(t.Context(), map[string]int64{"events/0": 9}); err != nil || start["events/0"] != 5 {
		t.Errorf("another start: %v, %v; the first must hold", start, err)
	}
	do(t, c.Begin(t.Context(), batch(0, 5, 10)))
	st := load(t, c)
	if !st.Pending() || !reflect.DeepEqual(*st.Last, batch(0, 5, 10)) || st.At != nil || st.Start["events/0"] != 5 {
		t.Errorf("after begin it is %+v", st)
	}
	do(t, c.Commit(t.Context(), 0))
	do(t, c.Commit(t.Context(), 0))
	if st = load(t, c); st.Pending() || st.Committed != 0 || st.At["events/0"] != 10 {
		t.Errorf("after commit it is %+v", st)
	}
	do(t, c.Begin(t.Context(), batch(1, 10, 12)))
	if st = load(t, openCheckpoint(t, s)); !st.Pending() || st.Committed != 0 || st.At["events/0"] != 10 || st.Last.To["events/0"] != 12 {
		t.Errorf("after the second begin it is %+v", st)
	}
}

func TestFilesAreAsSparkWritesThem(t *testing.T) {
	s := mem.New()
	c := openCheckpoint(t, s)
	_, err := c.Start(t.Context(), map[string]int64{"events/0": 1, "events/1": 2})
	do(t, err)
	do(t, c.Begin(t.Context(), batch(0, 1, 10)))
	do(t, c.Commit(t.Context(), 0))
	for key, want := range map[string]string{
		"sources/0/0": "v1\n" + `{"events":{"0":1,"1":2}}`,
		"offsets/0":   "v1\n" + `{"batchWatermarkMs":0,"batchTimestampMs":1700000000123,"conf":{},"runId":"run1","startOffsets":{"events":{"0":1}}}` + "\n" + `{"events":{"0":10}}`,
		"commits/0":   "v1\n" + `{"nextBatchWatermarkMs":0}`,
	} {
		if got := content(t, s, key); got != want {
			t.Errorf("%s is\n%s\nwant\n%s", key, got, want)
		}
	}
}

func TestSparksOwnCheckpointIsRead(t *testing.T) {
	s := mem.New()
	put(t, s, "metadata", `{"id":"0b4ab64d-5d6e-4d3d-8f3a-3c6f8a0b9f64"}`)
	meta := `{"batchWatermarkMs":0,"batchTimestampMs":1653050370834,"conf":{"spark.sql.shuffle.partitions":"5"}}`
	put(t, s, "offsets/0", "v1\n"+meta+"\n"+`{"events":{"0":10,"11":4}}`)
	put(t, s, "offsets/1", "v1\n"+meta+"\n"+`{"events":{"0":20,"11":8}}`)
	put(t, s, "offsets/.1.crc", "crc")
	put(t, s, "commits/0", "v1\n"+`{"nextBatchWatermarkMs":0}`)
	st := load(t, openCheckpoint(t, s))
	want := map[string]int64{"events/0": 10, "events/11": 4}
	if !st.Pending() || !maps.Equal(st.At, want) || !maps.Equal(st.Last.From, want) || st.Last.To["events/11"] != 8 {
		t.Errorf("state %+v, last %+v", st, st.Last)
	}
}

func TestTwoProcessesCannotBeginOneBatch(t *testing.T) {
	s := mem.New()
	a, b := openCheckpoint(t, s), openCheckpoint(t, s)
	mine := batch(0, 0, 10)
	do(t, a.Begin(t.Context(), mine))
	do(t, a.Begin(t.Context(), mine)) // the same process may repeat itself
	other := batch(0, 0, 10)
	other.Run = "run2"
	var taken *checkpoint.TakenError
	if err := b.Begin(t.Context(), other); !errors.As(err, &taken) || taken.Batch != 0 || taken.Run != "run1" {
		t.Errorf("error %v", err)
	}
}

func TestOldBatchesAreDeleted(t *testing.T) {
	s := mem.New()
	c := openCheckpoint(t, s)
	for i := range int64(12) {
		do(t, c.Begin(t.Context(), batch(i, i, i+1)))
		do(t, c.Commit(t.Context(), i))
	}
	c = openCheckpoint(t, s)
	load(t, c)
	do(t, c.Begin(t.Context(), batch(12, 12, 13)))
	do(t, c.Commit(t.Context(), 12))
	var keys []string
	for info, err := range s.List(t.Context(), "", "") {
		do(t, err)
		keys = append(keys, info.Key)
	}
	want := "commits/10 commits/11 commits/12 commits/8 commits/9 metadata offsets/10 offsets/11 offsets/12 offsets/8 offsets/9"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("there are %s\nwant %s", got, want)
	}
}

func TestCorruptFilesSayWhatToDelete(t *testing.T) {
	good := "v1\n{}\n{\"events\":{\"0\":1}}"
	for name, files := range map[string]map[string]string{
		"metadata":    {"metadata": "{"},
		"sources/0/0": {"metadata": `{"id":"x"}`, "sources/0/0": "v1\n[]"},
		"offsets/0":   {"metadata": `{"id":"x"}`, "offsets/0": "v1\n{}"},
		"offsets/1":   {"metadata": `{"id":"x"}`, "offsets/0": good, "commits/0": "v1\n{}", "offsets/1": ""},
		"offsets/3":   {"metadata": `{"id":"x"}`, "offsets/0": good, "commits/2": "v1\n{}"},
		"offsets/2":   {"metadata": `{"id":"x"}`, "offsets/2": "v9\n{}\n{}", "commits/2": ""},
	} {
		s := mem.New()
		for k, v := range files {
			put(t, s, k, v)
		}
		c, err := checkpoint.Open(t.Context(), s, checkpoint.Options{})
		if err == nil {
			_, err = c.Load(t.Context())
		}
		var corrupt *checkpoint.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Key != name || !strings.Contains(err.Error(), "delete") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// faulty fails the n-th call, before or after its effect.
type faulty struct {
	objstore.Store
	left  int
	after bool
}

var errFault = errors.New("fault")

func (f *faulty) fail() bool { f.left--; return f.left == 0 }

func (f *faulty) Put(ctx context.Context, key string, b objstore.Body, c objstore.Cond) (objstore.Info, error) {
	if !f.fail() {
		return f.Store.Put(ctx, key, b, c)
	}
	if f.after {
		if info, err := f.Store.Put(ctx, key, b, c); err != nil {
			return info, err
		}
	}
	return objstore.Info{}, errFault
}

func (f *faulty) Delete(ctx context.Context, keys ...string) error {
	if f.fail() {
		if f.after {
			keys = keys[:len(keys)/2]
			do := f.Store.Delete(ctx, keys...)
			return errors.Join(errFault, do)
		}
		return errFault
	}
	return f.Store.Delete(ctx, keys...)
}

// A run that breaks at any call of the store, and is begun anew, loses no batch and repeats none
// that was committed.
func TestAnyCallMayFail(t *testing.T) {
	const batches = 9
	for _, after := range []bool{false, true} {
		for n := 1; n < 60; n++ {
			s := mem.New()
			f := &faulty{Store: s, left: n, after: after}
			ran := map[int64]int64{} // batch: where it ended
			for try := 0; ; try++ {
				if try > 3 {
					t.Fatalf("fault at call %d (after: %v) never heals", n, after)
				}
				if runBatches(t, f, batches, ran) == nil {
					break
				}
			}
			for i := range int64(batches) {
				if ran[i] != i*10+10 {
					t.Fatalf("fault at call %d (after: %v): batch %d ended at %d", n, after, i, ran[i])
				}
			}
		}
	}
}

// runBatches is a small query: each batch is ten offsets.
func runBatches(t *testing.T, s objstore.Store, batches int64, ran map[int64]int64) error {
	c, err := checkpoint.Open(t.Context(), s, checkpoint.Options{Retain: 3})
	if err != nil {
		return err
	}
	st, err := c.Load(t.Context())
	if err != nil {
		return err
	}
	next, from := st.Committed+1, st.At["events/0"]
	for ; next < batches; next++ {
		b := batch(next, from, from+10)
		if st.Pending() && st.Last.ID == next {
			b = *st.Last
		} else if err := c.Begin(t.Context(), b); err != nil {
			return err
		}
		if end, ok := ran[next]; ok && end != b.To["events/0"] {
			t.Fatalf("batch %d ran to %d, then to %d", next, end, b.To["events/0"])
		}
		ran[next] = b.To["events/0"]
		if err := c.Commit(t.Context(), next); err != nil {
			return err
		}
		from = b.To["events/0"]
	}
	return nil
}

func TestOffsetsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.OneOf(rapid.StringMatching(`[a-z.]{1,5}/(0|[1-9][0-9]{0,3})`), rapid.String()), rapid.Int64Min(0)).Draw(t, "offsets")
		for k := range want {
			if !strings.Contains(strings.ToValidUTF8(k, ""), k) {
				delete(want, k) // JSON holds UTF-8 only
			}
		}
		got, err := checkpoint.DecodeOffsets(checkpoint.EncodeOffsets(want))
		if err != nil || !maps.Equal(got, want) {
			t.Fatalf("%v becomes %v, %v", want, got, err)
		}
	})
}

func FuzzDecodeOffsets(f *testing.F) {
	for _, s := range []string{`{"events":{"0":1}}`, `{"a":{"x":1}}`, `{"a":{"0":-1}}`, `null`, `{"":{"n":3}}`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := checkpoint.DecodeOffsets(b)
		if err != nil {
			return
		}
		again, err := checkpoint.DecodeOffsets(checkpoint.EncodeOffsets(o))
		if err != nil || !maps.Equal(o, again) {
			t.Errorf("%v becomes %v, %v", o, again, err)
		}
	})
}
