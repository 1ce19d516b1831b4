package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/stream"
)

// progressView shows progress events: on a terminal one line that is written over, elsewhere a
// line of JSON each. Other lines go above the live one. It may be used by several goroutines.
type progressView struct {
	mu       sync.Mutex
	out      io.Writer // of JSON lines
	terminal io.Writer // nil where there is none
	live     string
	totals   map[string]*queryTotals
}

// queryTotals is what a query did since the start.
type queryTotals struct {
	rows, rejected, files, bytes, batches int64
	since                                 time.Time
	last                                  stream.Progress
}

func newProgressView(stdout, stderr io.Writer) *progressView {
	v := &progressView{out: stdout, totals: map[string]*queryTotals{}}
	if output.IsTerminal(stdout) && output.IsTerminal(stderr) {
		v.terminal = stderr
	}
	return v
}

func (v *progressView) show(p stream.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.add(p)
	if v.terminal == nil {
		if line, err := json.Marshal(p); err == nil {
			fmt.Fprintf(v.out, "%s\n", line)
		}
		return
	}
	v.redraw(v.line())
}

func (v *progressView) add(p stream.Progress) {
	t := v.totals[p.Name]
	if t == nil {
		t = &queryTotals{}
		v.totals[p.Name] = t
	}
	t.last = p
	t.rows += p.NumInputRows
	t.rejected += p.NumRejectedRows
	t.files += p.Committed.Files
	t.bytes += p.Committed.Bytes
	if p.NumInputRows > 0 {
		t.batches++
	}
}

// line tells how all queries are doing.
func (v *progressView) line() string {
	var parts []string
	for _, name := range sortedKeys(v.totals) {
		t := v.totals[name]
		s := fmt.Sprintf("%s: batch %d, %s rows", name, t.last.BatchID, count(t.rows))
		if t.last.ProcessedRate != nil {
			s += fmt.Sprintf(", %s/s", count(int64(*t.last.ProcessedRate)))
		}
		if t.rejected > 0 {
			s += fmt.Sprintf(", %s rejected", count(t.rejected))
		}
		if len(t.last.Sources) > 0 {
			if behind := t.last.Sources[0].Metrics["maxOffsetsBehindLatest"]; behind != "" && behind != "0" {
				s += ", behind " + behind
			}
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " | ")
}

func (v *progressView) redraw(line string) {
	fmt.Fprintf(v.terminal, "\r\x1b[K%s", line)
	v.live = line
}

// Write puts log lines above the live one.
func (v *progressView) Write(b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fmt.Fprint(v.terminal, "\r\x1b[K")
	n, err := v.terminal.Write(b)
	fmt.Fprint(v.terminal, v.live)
	return n, err
}

// end leaves the last line standing.
func (v *progressView) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.terminal != nil && v.live != "" {
		fmt.Fprintln(v.terminal)
	}
}

// count prints 1234567 as 1,234,567.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size prints bytes for people.
func size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f := float64(n)
	for len(units) > 1 && f >= 1024 {
		f, units = f/1024, units[1:]
	}
	if units[0] == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[0])
}
