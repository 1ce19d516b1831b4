package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{errSilent, 1},
		{fmt.Errorf("x: %w", usageError{errors.New("y")}), 2},
		{fmt.Errorf("x: %w", &txlog.ConflictError{}), 3},
		{fmt.Errorf("x: %w", &txlog.StaleSnapshotError{}), 3},
		{fmt.Errorf("x: %w", &table.OvertakenError{}), 3},
		{fmt.Errorf("x: %w", &table.SchemaChangedError{Err: errors.New("y")}), 3},
		{fmt.Errorf("x: %w", txlog.ErrTooManyAttempts), 3},
		{fmt.Errorf("x: %w", &config.Error{Problems: []config.Problem{{Message: "y"}}}), 78},
		{errInterrupted, 130},
		{context.Canceled, 1}, // cancelled, but by no signal
		{context.DeadlineExceeded, 1},
	} {
		if got := exitCode(tt.err); got != tt.code {
			t.Errorf("%v: exit code %d, want %d", tt.err, got, tt.code)
		}
	}
}

func TestASignalIsTheReasonOfWhatItCancels(t *testing.T) {
	a := &app{stopping: make(chan struct{})}
	cancelled := fmt.Errorf("read: %w", context.Canceled)
	if err := a.settle(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("without a signal: %v", err)
	}
	close(a.stopping)
	if err := a.settle(cancelled); !errors.Is(err, errInterrupted) {
		t.Errorf("with a signal: %v", err)
	}
	if other := errors.New("x"); !errors.Is(a.settle(other), other) || a.settle(nil) != nil {
		t.Error("a signal is no reason of another error")
	}
}

func TestEachLineOfAnErrorIsOneOfOurs(t *testing.T) {
	var b strings.Builder
	complain(&b, errors.Join(errors.New("one"), errors.New("two\n")))
	if b.String() != "ingestd: one\ningestd: two\n" {
		t.Errorf("%q", b.String())
	}
}

func progress(name string, batch, rows, rejected int64) stream.Progress {
	rate := 1234.5
	return stream.Progress{Name: name, BatchID: batch, NumInputRows: rows, NumRejectedRows: rejected, ProcessedRate: &rate,
		Committed: stream.Committed{Files: 1, Bytes: 2048}, Sources: []stream.SourceProgress{{Metrics: map[string]string{"maxOffsetsBehindLatest": "7"}}}}
}

func TestTheLiveLineStaysBelowWhatElseIsWritten(t *testing.T) {
	var terminal bytes.Buffer
	v := new(app).newProgressView(nil, &terminal)
	fmt.Fprintln(v, "before")
	v.show(progress("q", 0, 1500, 2))
	live := "q: batch 0, 1,500 rows, 1,234/s, 2 rejected, behind 7"
	fmt.Fprintln(v, "log")
	fmt.Fprint(v.above(&terminal), "half a line")
	v.end()
	want := "before\n" + clearLine + live + clearLine + "log\n" + live + clearLine + "half a line" + clearLine
	if terminal.String() != want {
		t.Errorf("got  %q\nwant %q", terminal.String(), want)
	}
	if got := v.summary(); len(got) != 1 || got[0] != "q: 1 batch, 1,500 rows, 1 file (2.0 KiB), 2 rejected" {
		t.Errorf("the summary is %q", got)
	}
}

func TestTheLiveLineFitsTheTerminal(t *testing.T) {
	var terminal bytes.Buffer
	v := new(app).newProgressView(nil, &terminal)
	for i := range 10 {
		v.show(progress(fmt.Sprintf("query-%d", i), 1, 1, 0))
	}
	lines := strings.Split(terminal.String(), clearLine)
	if last := []rune(lines[len(lines)-1]); len(last) > 79 || last[len(last)-1] != '…' {
		t.Errorf("%d columns: %s", len(last), string(last))
	}
}

func TestInAPipeProgressIsJSONAndNothingElse(t *testing.T) {
	var out bytes.Buffer
	v := new(app).newProgressView(&out, nil)
	v.show(progress("q", 0, 1, 0))
	v.show(progress("q", 1, 0, 0))
	v.end()
	if v.above(&out) != &out || strings.Count(out.String(), "\n") != 2 || strings.Contains(out.String(), "\x1b") || !strings.HasPrefix(out.String(), `{"id":`) {
		t.Errorf("%q", out.String())
	}
	if got := v.summary(); got[0] != "q: 1 batch, 1 row, 2 files (4.0 KiB)" {
		t.Errorf("the summary is %q", got)
	}
}

func TestCountsAndSizesReadWell(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %s", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 5 << 30: "5.0 GiB", 1 << 50: "1024.0 TiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s", n, got)
		}
	}
}

func TestRates(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "10000/s": 10000, "10_000": 10000, "600/m": 10, "30/min": 1} {
		if got, err := parseRate(s); err != nil || got != want {
			t.Errorf("%q: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"x", "0", "-1/s", "5/h", "5/"} {
		if got, err := parseRate(s); err == nil && s != "5/" {
			t.Errorf("%q: %d", s, got)
		}
	}
}
