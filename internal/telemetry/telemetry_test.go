package telemetry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(t *testing.T, s *Server, path string) (int, string) {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: tr}).Get("http://" + s.Addr() + path)
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

func serve(t *testing.T, m *Metrics) *Server {
	t.Helper()
	s, err := m.Serve(t.Context(), ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServerListensOnLoopbackUnlessToldOtherwise(t *testing.T) {
	if s := serve(t, New()); !strings.HasPrefix(s.Addr(), "127.0.0.1:") {
		t.Errorf("listens on %s", s.Addr())
	}
}

func TestHealthAndReadinessFollowTheState(t *testing.T) {
	var state stream.State
	m := New()
	m.Watch("events", func() stream.State { return state })
	s := serve(t, m)
	expect := func(path string, code int, text string) {
		t.Helper()
		if got, body := get(t, s, path); got != code || !strings.Contains(body, text) {
			t.Errorf("%s: %d %q; want %d with %q", path, got, body, code, text)
		}
	}
	expect("/healthz", 200, "ok")
	expect("/readyz", 503, "events has not started")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	state.Started, state.Healthy = now, true
	expect("/readyz", 200, "ok")
	state.Healthy, state.LastError, state.LastErrorAt = false, errors.New("password=hunter2"), now
	expect("/readyz", 503, "failing since 2026-01-02T03:04:05Z")
	expect("/healthz", 200, "ok")
	state.Ended = now
	expect("/healthz", 503, "events has failed")
	if _, body := get(t, s, "/healthz"); strings.Contains(body, "hunter2") {
		t.Error("an error's text reached a page")
	}
}

func TestMetricsOfABatch(t *testing.T) {
	m := New()
	m.Watch("events", func() stream.State {
		return stream.State{Batches: 3, InputRows: 70, OutputRows: 60, RejectedRows: 10, Healthy: true}
	})
	m.Observe(stream.Progress{Name: "events", NumInputRows: 70, BatchDuration: 1500, DurationMs: map[string]int64{"addBatch": 1200},
		Sources:   []stream.SourceProgress{{Metrics: map[string]string{"maxOffsetsBehindLatest": "42"}}},
		Committed: stream.Committed{Files: 2, Bytes: 1000, Version: 9}})
	m.Observe(stream.Progress{Name: "events", Sources: []stream.SourceProgress{{Metrics: map[string]string{"maxOffsetsBehindLatest": "0"}}}}) // idle
	_, body := get(t, serve(t, m), "/metrics")
	for _, want := range []string{
		`ingestd_batches_total{query="events"} 3`,
		`ingestd_input_rows_total{query="events"} 70`,
		`ingestd_rejected_rows_total{query="events"} 10`,
		`ingestd_query_healthy{query="events"} 1`,
		`ingestd_output_bytes_total{query="events"} 1000`,
		`ingestd_batch_duration_seconds_count{query="events"} 1`,
		`ingestd_batch_step_seconds_total{query="events",step="addBatch"} 1.2`,
		`ingestd_source_offsets_behind_latest{query="events"} 0`,
		`ingestd_table_version{query="events"} 9`,
		`go_goroutines`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}
