package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream"
)

// background runs the queries of a file until stop is called, which gives what Do returned.
func background(t *testing.T, r Run) (progress <-chan stream.Progress, stop func() error) {
	t.Helper()
	events := make(chan stream.Progress, 1000)
	stopping := make(chan struct{})
	r.Stopping, r.OnProgress = stopping, func(p stream.Progress) { events <- p }
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	done := make(chan error, 1)
	go func() { done <- r.Do(t.Context()) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { close(stopping); err = <-done })
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return events, stop
}

// awaitRows waits until the queries named have read so many rows.
func awaitRows(progress <-chan stream.Progress, rows map[string]int64) {
	for len(rows) > 0 {
		p := <-progress
		if _, ok := rows[p.Name]; !ok {
			continue
		}
		if rows[p.Name] -= p.NumInputRows; rows[p.Name] <= 0 {
			delete(rows, p.Name)
		}
	}
}

func TestAQueryThatFailsDoesNotStopTheOthers(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("good", 1)
	b.topic("bad", 1)
	b.produce("good", 1, ids(0, 3)...)
	b.produce("bad", 1, `{"id":"no number"}`)
	endless := map[string]string{"trigger": "processing_time: 10ms"}
	strict := map[string]string{"trigger": "processing_time: 10ms", "json": ", on_error: fail"}
	text := "queries:\n"
	for _, q := range []string{b.text("first", "good", dir+"/first", endless), b.text("second", "bad", dir+"/second", strict), b.text("third", "good", dir+"/third", endless)} {
		text += "  - " + strings.ReplaceAll(strings.TrimSpace(q), "\n", "\n    ") + "\n"
	}
	f, _ := load(t, text)
	var log lockedBuffer
	failed := make(chan struct{})
	log.on, log.then = "query failed; the others go on", func() { close(failed) }
	progress, stop := background(t, Run{File: f, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	<-failed
	b.produce("good", 1, ids(3, 2)...)
	awaitRows(progress, map[string]int64{"first": 5, "third": 5})
	err := stop()
	if err == nil || !strings.HasPrefix(err.Error(), "query second: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the run ended with %v", err)
	}
	if a, c := rows(t, dir+"/first"), rows(t, dir+"/third"); a != 5 || c != 5 {
		t.Errorf("%d and %d rows, want 5 each", a, c)
	}
}

// lockedBuffer is a log that tells once when it has a text.
type lockedBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	on   string
	then func()
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.then != nil && bytes.Contains(b, []byte(l.on)) {
		l.then()
		l.then = nil
	}
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTheServerAnswersWhileQueriesRun(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 2)
	b.produce("events", 2, ids(0, 10)...)
	f := b.query("events", dir+"/t", map[string]string{"trigger": "processing_time: 10ms", "rest": `server: {listen: "127.0.0.1:0"}`})
	address := make(chan string, 1)
	progress, stop := background(t, Run{File: f, OnListen: func(addr string) { address <- addr }})
	addr := <-address
	awaitRows(progress, map[string]int64{"q": 10})
	for page, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ok", "/metrics": `ingestd_output_files_total{query="q"}`,
	} {
		if status, body := get(t, "http://"+addr+page); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", page, status, body)
		}
	}
	if _, body := get(t, "http://"+addr+"/metrics"); !strings.Contains(body, "ingestd_kafka_") {
		t.Error("the metrics have nothing of the Kafka client")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + addr + "/healthz"); err == nil { // it must fail
		t.Error("the server goes on after the run")
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestAnAddressInUseEndsTheRunBeforeAnythingIsRead(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 1)
	f := b.query("events", dir+"/t", map[string]string{"rest": fmt.Sprintf("server: {listen: %q}", b.addr)})
	err := Run{File: f, Logger: slog.New(slog.DiscardHandler)}.Do(t.Context())
	if err == nil || !strings.Contains(err.Error(), "server.listen: listen tcp "+b.addr) {
		t.Error(err)
	}
	if files := snapshot(t, dir); len(files) != 0 {
		t.Errorf("there are files: %v", files)
	}
}

func TestCancellingEndsARunAndSaysNothingElse(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("events", 1)
	b.produce("events", 1, ids(0, 1)...)
	f := b.query("events", dir+"/t", map[string]string{"trigger": "processing_time: 10ms"})
	ctx, cancel := context.WithCancel(t.Context())
	err := Run{File: f, Logger: slog.New(slog.DiscardHandler), OnProgress: func(stream.Progress) { cancel() }}.Do(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	boom := errors.New("boom")
	if err := joined([]error{fmt.Errorf("x: %w", context.Canceled), nil, boom}); !errors.Is(err, boom) || errors.Is(err, context.Canceled) {
		t.Errorf("joined: %v", err)
	}
	if err := joined([]error{nil, nil}); err != nil {
		t.Errorf("joined: %v", err)
	}
}

// TestSecretsAreInNoOutput lets everything say what it can: logs at the lowest level, errors, descriptions, metrics.
func TestSecretsAreInNoOutput(t *testing.T) {
	const password, key = "hunter2-password", "hunter2-s3-key"
	b := newBroker(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "admin", "other"), kfake.SeedTopics(1, "events"))
	b.refuseSASL()
	env := config.Environment{Lookup: func(name string) (string, bool) {
		v, ok := map[string]string{"PASSWORD": password, "KEY": key}[name]
		return v, ok
	}}
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256"} {
		text := b.text("q", "events", t.TempDir(), map[string]string{
			"kafka": ", sasl: {mechanism: " + mechanism + ", username: admin, password: \"${PASSWORD}\"}",
			"rest":  "storage: {s3: {endpoint: \"http://127.0.0.1:1\", access_key_id: id, secret_access_key: \"${KEY}\"}}\nserver: {listen: \"127.0.0.1:0\"}\n"})
		f, err := config.Parse("p.yaml", []byte(text), env)
		if err != nil {
			t.Fatal(err)
		}
		var said lockedBuffer
		logger := slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
		pages := func(addr string) {
			_, body := get(t, "http://"+addr+"/metrics")
			fmt.Fprintln(&said, body)
		}
		err = Run{File: f, Logger: logger, OnListen: pages}.Do(t.Context())
		if err == nil || !strings.Contains(err.Error(), "refuses access") || !strings.Contains(err.Error(), "check user and password in sasl") {
			t.Errorf("%s: the run ended with %v", mechanism, err)
		}
		_, dryErr := Builder{Logger: logger}.DryRun(t.Context(), f.Queries[0], 1, fixed)
		fmt.Fprintln(&said, err, dryErr, Describe(f.Queries[0]), *f, *f.Queries[0], *f.Queries[0].Source.Kafka, f.Storage)
		fmt.Fprintf(&said, "%+v %#v %v", *f.Queries[0].Source.Kafka.SASL, f.Storage.S3, Check(t.Context(), f))
		for _, secret := range []string{password, key} {
			if i := strings.Index(said.String(), secret); i >= 0 {
				t.Errorf("%s: the secret shows: ...%s", mechanism, said.String()[max(0, i-200):i+len(secret)])
			}
		}
	}
}
