package arbiter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/arbiter"
	"github.com/ingestd/ingestd/objstore/arbiter/dynamotest"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
	"github.com/ingestd/ingestd/objstore/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const url = "s3://lake/t"

func newStore() objstore.Store { return dynamotest.Unconditional{Store: mem.New(mem.WithURL(url))} }

// options reach the server with waits that take no time and a transport that ends with the test.
func options(t testing.TB, s *dynamotest.Server) arbiter.Options {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return arbiter.Options{
		Endpoint: s.URL, AccessKey: "k", SecretKey: "s", Transport: transport, MaxAttempts: 3,
		Sleep: s3test.Skip, Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
	}
}

func open(t testing.TB, inner objstore.Store, o arbiter.Options) *arbiter.Store {
	t.Helper()
	s, err := arbiter.New(inner, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commitKey(n int) string { return fmt.Sprintf("_delta_log/%020d.json", n) }

func commit(s objstore.Store, n int, text string) error {
	_, err := s.Put(context.Background(), commitKey(n), objstore.Bytes([]byte(text)), objstore.Cond{IfAbsent: true})
	return err
}

func mustCommit(t testing.TB, s objstore.Store, n int, text string) {
	t.Helper()
	if err := commit(s, n, text); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, s objstore.Store, n int) string {
	t.Helper()
	b, _, err := objstore.ReadAll(context.Background(), s, commitKey(n))
	if errors.Is(err, objstore.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func list(t testing.TB, s objstore.Store) []string {
	t.Helper()
	var keys []string
	for info, err := range s.List(context.Background(), "_delta_log/", "_delta_log//") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func TestAnArbiterIsTheStoreThatItWraps(t *testing.T) {
	for name, inner := range map[string]func() objstore.Store{
		"with conditions":    func() objstore.Store { return mem.New() },
		"without conditions": newStore,
	} {
		t.Run(name, func(t *testing.T) {
			server := dynamotest.New(t)
			storetest.Run(t, func(t *testing.T) objstore.Store { return open(t, inner(), options(t, server)) })
		})
	}
}

func TestACommitLeavesWhatSparkLeaves(t *testing.T) {
	server := dynamotest.New(t)
	o := options(t, server)
	ids := 0
	o.NewID = func() string { ids++; return fmt.Sprint("id-", ids) }
	s := open(t, newStore(), o)
	mustCommit(t, s, 0, "zero")
	mustCommit(t, s, 1, "one")
	if err := commit(s, 1, "other"); !errors.Is(err, objstore.ErrPrecondition) || objstore.IsRetryable(err) {
		t.Errorf("a version that is taken: %v", err)
	}
	if got := list(t, s); !slices.Equal(got, []string{commitKey(0), commitKey(1)}) || read(t, s, 1) != "one" {
		t.Errorf("the log: %v, version 1 holds %q", got, read(t, s, 1))
	}
	want := dynamotest.Item{
		"tablePath": {"S": "s3a://lake/t"}, "fileName": {"S": "00000000000000000001.json"},
		"tempPath": {"S": ".tmp/00000000000000000001.json.id-2"}, "complete": {"S": "true"}, "expireTime": {"N": "1700086400"},
	}
	if got := server.Items("delta_log"); len(got) != 2 || fmt.Sprint(got[1]) != fmt.Sprint(want) {
		t.Errorf("the entries: %v, want %v", got, want)
	}
	if b, _, err := objstore.ReadAll(t.Context(), s, "_delta_log/.tmp/00000000000000000001.json.id-2"); err != nil || string(b) != "one" {
		t.Errorf("the temporary file: %q, %v", b, err)
	}
}

func TestTheTableIsMadeAsSparkMakesIt(t *testing.T) {
	for _, demand := range []bool{false, true} {
		server := dynamotest.New(t)
		o := options(t, server)
		o.Table, o.OnDemand = "locks", demand
		s := open(t, newStore(), o)
		if read(t, s, 0) != "" || len(list(t, s)) != 0 || len(server.Made()) != 0 {
			t.Error("reading made the table")
		}
		mustCommit(t, s, 0, "zero")
		made := server.Made()
		if len(made) != 1 || made[0]["TableName"] != "locks" || (made[0]["ProvisionedThroughput"] == nil) != demand {
			t.Errorf("made %v", made)
		}
		if got := fmt.Sprint(made[0]["KeySchema"]); got != "[map[AttributeName:tablePath KeyType:HASH] map[AttributeName:fileName KeyType:RANGE]]" {
			t.Error(got)
		}
	}
}

func TestManyWritersOneWinnerForEachVersion(t *testing.T) {
	server := dynamotest.New(t)
	inner := newStore()
	const writers, versions = 6, 15
	var mu sync.Mutex
	winners := map[int][]string{}
	var wg sync.WaitGroup
	for w := range writers {
		s := open(t, inner, options(t, server))
		wg.Go(func() {
			for n := range versions {
				name := fmt.Sprint("writer ", w)
				switch err := commit(s, n, name); {
				case err == nil:
					mu.Lock()
					winners[n] = append(winners[n], name)
					mu.Unlock()
				case !errors.Is(err, objstore.ErrPrecondition):
					t.Errorf("%s, version %d: %v", name, n, err)
				}
			}
		})
	}
	wg.Wait()
	s := open(t, inner, options(t, server))
	for n := range versions {
		if len(winners[n]) != 1 || read(t, s, n) != winners[n][0] {
			t.Errorf("version %d was won by %v and holds %q", n, winners[n], read(t, s, n))
		}
	}
}

func TestWhatAWriterLeftIsRecoveredByWhoeverComesNext(t *testing.T) {
	for name, next := range map[string]func(t *testing.T, s objstore.Store){
		"a list": func(t *testing.T, s objstore.Store) { list(t, s) },
		"a read": func(t *testing.T, s objstore.Store) { read(t, s, 1) },
		"a head": func(t *testing.T, s objstore.Store) {
			if _, err := s.Head(t.Context(), commitKey(1)); err != nil {
				t.Error(err)
			}
		},
		"a writer of the next version": func(t *testing.T, s objstore.Store) { mustCommit(t, s, 2, "two") },
	} {
		t.Run(name, func(t *testing.T) {
			server, inner := dynamotest.New(t), newStore()
			s := open(t, inner, options(t, server))
			mustCommit(t, s, 0, "zero")
			prepare(t, server, inner, 1, "theirs")
			next(t, s)
			b, _, err := objstore.ReadAll(t.Context(), inner, commitKey(1))
			if err != nil || string(b) != "theirs" {
				t.Fatalf("the commit was not put: %q, %v", b, err)
			}
			if e := server.Items("delta_log")[1]; e["complete"]["S"] != "true" || e["tempPath"]["S"] != ".tmp/"+"00000000000000000001.json.theirs" {
				t.Errorf("the entry: %v", e)
			}
		})
	}
}

// prepare does what a writer has done that dies after its entry.
func prepare(t testing.TB, server *dynamotest.Server, inner objstore.Store, n int, text string) {
	t.Helper()
	file := fmt.Sprintf("%020d.json", n)
	if _, err := inner.Put(t.Context(), "_delta_log/.tmp/"+file+".theirs", objstore.Bytes([]byte(text)), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
	server.Put("delta_log", dynamotest.Item{"tablePath": {"S": "s3a://lake/t"}, "fileName": {"S": file},
		"tempPath": {"S": ".tmp/" + file + ".theirs"}, "complete": {"S": "false"}})
}

func TestWhatCannotBeCommittedSaysWhy(t *testing.T) {
	server, inner := dynamotest.New(t), newStore()
	s := open(t, inner, options(t, server))
	var previous *arbiter.PreviousError
	if err := commit(s, 5, "five"); !errors.As(err, &previous) || !errors.Is(err, objstore.ErrNotSupported) {
		t.Errorf("a commit after none: %v", err)
	}
	mustCommit(t, s, 0, "zero")
	if err := s.Delete(t.Context(), commitKey(0)); err != nil {
		t.Fatal(err)
	}
	var leftover *arbiter.LeftoverError
	if err := commit(s, 0, "anew"); !errors.As(err, &leftover) || leftover.TablePath != "s3a://lake/t" {
		t.Errorf("a table that was deleted: %v", err)
	}
	if read(t, s, 0) != "" {
		t.Error("a commit that was deleted came back")
	}
	server.Put("delta_log", dynamotest.Item{"tablePath": {"S": "s3a://lake/t"}, "fileName": {"S": "00000000000000000001.json"},
		"tempPath": {"S": "../../elsewhere"}, "complete": {"S": "false"}})
	var entry *arbiter.EntryError
	if _, err := s.Head(t.Context(), commitKey(1)); !errors.As(err, &entry) || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("an entry that leaves the log: %v", err)
	}
}

func TestWhatHarmsNobodyIsPutAfterALook(t *testing.T) {
	s := open(t, newStore(), options(t, dynamotest.New(t)))
	for key, put := range map[string]bool{
		"_delta_log/00000000000000000001.crc":                         true,
		"ab/deletion_vector_12345678-1234-1234-1234-123456789abc.bin": true,
		"offsets/7": false,
		"a.parquet": false,
	} {
		wants := []error{objstore.ErrNotSupported, objstore.ErrNotSupported}
		if put {
			wants = []error{nil, objstore.ErrPrecondition}
		}
		for _, want := range wants {
			if _, err := s.Put(t.Context(), key, objstore.Bytes([]byte("x")), objstore.Cond{IfAbsent: true}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", key, err, want)
			}
		}
	}
}

func TestOptionsShowNoSecret(t *testing.T) {
	o := arbiter.Options{AccessKey: "AKIA", SecretKey: "hush", SessionToken: "quiet", Transport: http.DefaultTransport}
	text, _ := o.MarshalJSON()
	for _, shown := range []string{fmt.Sprint(o), fmt.Sprintf("%+v %#v", o, o), string(text), o.LogValue().String()} {
		if strings.Contains(shown, "hush") || strings.Contains(shown, "quiet") {
			t.Error(shown)
		}
	}
	for _, bad := range []arbiter.Options{{Scheme: "gs"}, {AccessKey: "a"}, {TTL: -1}} {
		if _, err := arbiter.New(mem.New(), bad); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%v was taken: %v", bad, err)
		}
	}
}
