//go:build integration

package arbiter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/arbiter"
	"github.com/ingestd/ingestd/objstore/arbiter/dynamotest"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/s3"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
	"github.com/ingestd/ingestd/objstore/storetest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// world is a bucket without conditional puts and a table of DynamoDB.
type world struct {
	*testing.T
	minio  *parts.MinIOServer
	moto   *parts.MotoServer
	bucket string
	locks  string
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, minio: parts.SharedMinIO(t), moto: parts.SharedMoto(t)}
	w.bucket = w.minio.Bucket(t)
	w.locks = "log-" + w.bucket
	return w
}

// objects are the bucket below a prefix.
func (w *world) objects(t testing.TB, prefix string) objstore.Store {
	t.Helper()
	o := s3.Options{Endpoint: "http://" + w.minio.Addr, AccessKey: w.minio.AccessKey, SecretKey: w.minio.SecretKey, Region: w.minio.Region}
	s, err := s3.New("s3://"+w.bucket+"/"+prefix, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return dynamotest.Unconditional{Store: s}
}

// over is a writer's store, its requests to DynamoDB carried by transport.
func (w *world) over(t testing.TB, inner objstore.Store, transport http.RoundTripper) *arbiter.Store {
	t.Helper()
	if transport == nil {
		own := &http.Transport{}
		t.Cleanup(own.CloseIdleConnections)
		transport = own
	}
	a, err := arbiter.New(inner, arbiter.Options{Table: w.locks, Endpoint: w.moto.URL(), AccessKey: "any", SecretKey: "any", Transport: transport, Sleep: s3test.Skip})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheStoreSuiteHoldsOverMinIOAndMoto(t *testing.T) {
	w := newWorld(t)
	n := 0
	storetest.Run(t, func(t *testing.T) objstore.Store {
		n++
		return w.over(t, w.objects(t, fmt.Sprint("suite/", n)), nil)
	})
}

func rows(t testing.TB, from, n int, who string) iterable {
	t.Helper()
	s, err := schema.ParseDDL("id BIGINT, who STRING")
	if err != nil {
		t.Fatal(err)
	}
	as, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, as)
	defer b.Release()
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(from + i))
		b.Field(1).(*array.StringBuilder).Append(who)
	}
	return iterable{s, b.NewRecordBatch()}
}

type iterable struct {
	schema *schema.Struct
	rec    arrow.RecordBatch
}

// Each append of each of many writers is in the table once, and each version has one winner.
func TestManyWritersAppendThroughTheArbiter(t *testing.T) {
	w := newWorld(t)
	inner := w.objects(t, "t")
	first := rows(t, 0, 0, "")
	if _, err := table.Create(t.Context(), w.over(t, inner, nil), table.CreateOptions{Schema: first.schema}); err != nil {
		t.Fatal(err)
	}
	const writers, appends = 5, 8
	var wg sync.WaitGroup
	for who := range writers {
		store := w.over(t, inner, nil)
		wg.Go(func() {
			tab, err := table.Open(t.Context(), store)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range appends {
				r := rows(t, who*appends+i, 1, fmt.Sprint(who))
				if _, err := tab.Append(t.Context(), table.Batches(r.rec), table.AppendOptions{}); err != nil {
					t.Errorf("writer %d: %v", who, err)
				}
			}
		})
	}
	wg.Wait()
	tab, err := table.Open(t.Context(), w.over(t, inner, nil))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int64]int{}
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range rec.Column(0).(*array.Int64).Int64Values() {
			seen[id]++
		}
		rec.Release()
	}
	if tab.Version() != writers*appends || len(seen) != writers*appends {
		t.Errorf("version %d, %d rows of %d", tab.Version(), len(seen), writers*appends)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("row %d is there %d times", id, n)
		}
	}
}

func key(n int) string { return fmt.Sprintf("_delta_log/%020d.json", n) }

func put(s objstore.Store, n int, text string) error {
	_, err := s.Put(context.Background(), key(n), objstore.Bytes([]byte(text)), objstore.Cond{IfAbsent: true})
	return err
}

func get(t testing.TB, s objstore.Store, n int) string {
	t.Helper()
	b, _, err := objstore.ReadAll(t.Context(), s, key(n))
	if err != nil && !errors.Is(err, objstore.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// A writer dies before or after any of its calls to MinIO or DynamoDB; what it was told is what the next one finds.
func TestAWriterThatDiesBetweenStepsIsRecovered(t *testing.T) {
	w := newWorld(t)
	for _, side := range []string{"objects", "DynamoDB"} {
		for _, after := range []bool{false, true} {
			for n := 1; ; n++ {
				prefix := fmt.Sprintf("%s/%v/%d", strings.ToLower(side), after, n)
				inner := w.objects(t, prefix)
				other := w.over(t, inner, nil)
				if err := put(other, 0, "zero"); err != nil {
					t.Fatal(err)
				}
				calls, err := w.dying(t, inner, side, n, after)
				found := get(t, other, 1)
				switch {
				case err == nil && found != "mine":
					t.Errorf("%s: committed, and version 1 holds %q", prefix, found)
				case err != nil && !errors.Is(err, objstore.ErrOutcomeUnknown) && found != "":
					t.Errorf("%s: failed for good (%v), and version 1 holds %q", prefix, err, found)
				}
				next := 1
				if found != "" {
					next = 2
				}
				if err := put(other, next, "theirs"); err != nil || get(t, other, next) != "theirs" {
					t.Errorf("%s: the next writer: %v", prefix, err)
				}
				if calls < n {
					if n < 4 {
						t.Errorf("%s: only %d calls", side, calls)
					}
					break
				}
			}
		}
	}
}

// dying commits version 1 with a writer that dies at call n of a side, and tells how many calls it made.
func (w *world) dying(t *testing.T, inner objstore.Store, side string, n int, after bool) (calls int, err error) {
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	if side == "objects" {
		effect := fault.Crash
		if after {
			effect = fault.CrashAfter
		}
		f := fault.Wrap(inner, fault.Options{Rules: []fault.Rule{{Call: n, Effect: effect}}})
		err = put(w.over(t, f, base), 1, "mine")
		return f.Calls(), err
	}
	transport := &s3test.Transport{Base: base, Pick: func(i int, _ *http.Request) s3test.Fault {
		switch {
		case i < n:
			return s3test.None
		case i == n && after:
			return s3test.CutAfter
		}
		return s3test.CutBefore
	}}
	err = put(w.over(t, inner, transport), 1, "mine")
	return transport.Requests(), err
}
