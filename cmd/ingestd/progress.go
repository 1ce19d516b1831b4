package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/mattn/go-runewidth"

	"github.com/ingestd/ingestd/internal/output"
	"github.com/ingestd/ingestd/stream"
)

// progressView shows progress events: on a terminal as one line that is written over, else as lines of JSON, or not at
// all. Other lines go above the live one. It may be used by several goroutines.
type progressView struct {
	mu       sync.Mutex
	json     io.Writer // of JSON lines; nil for none
	terminal io.Writer // of the live line; nil for none
	live     string
	totals   map[string]*queryTotals
}

// queryTotals is what a query did since the start.
type queryTotals struct {
	rows, rejected, files, bytes, batches int64
	last                                  stream.Progress
}

// newProgressView makes the view that the commands print progress with; either writer may be nil.
func (a *app) newProgressView(json, terminal io.Writer) *progressView {
	v := &progressView{json: json, terminal: terminal, totals: map[string]*queryTotals{}}
	a.live.Store(v)
	return v
}

func (v *progressView) show(p stream.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.add(p)
	if v.json != nil {
		if line, err := json.Marshal(p); err == nil {
			fmt.Fprintf(v.json, "%s\n", line)
		}
	}
	if v.terminal != nil {
		v.live = runewidth.Truncate(v.line(), output.Width(v.terminal)-1, "…")
		fmt.Fprintf(v.terminal, clearLine+"%s", v.live)
	}
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

// clearLine goes to the beginning of a terminal's line and erases it.
const clearLine = "\r\x1b[K"

// Write puts lines, of the log say, above the live one.
func (v *progressView) Write(b []byte) (int, error) { return v.writeAbove(v.terminal, b) }

// above is w, with what is written to it going above the live line.
func (v *progressView) above(w io.Writer) io.Writer {
	if v.terminal == nil {
		return w
	}
	return aboveWriter{v, w}
}

type aboveWriter struct {
	view *progressView
	w    io.Writer
}

// Write implements io.Writer.
func (a aboveWriter) Write(b []byte) (int, error) { return a.view.writeAbove(a.w, b) }

func (v *progressView) writeAbove(w io.Writer, b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live == "" {
		return w.Write(b)
	}
	fmt.Fprint(v.terminal, clearLine)
	n, err := w.Write(b)
	if bytes.HasSuffix(b, []byte("\n")) {
		fmt.Fprint(v.terminal, v.live)
	}
	return n, err
}

// end takes the live line away.
func (v *progressView) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.terminal != nil && v.live != "" {
		fmt.Fprint(v.terminal, clearLine)
	}
	v.live = ""
}

// summary tells what each query did in all.
func (v *progressView) summary() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var lines []string
	for _, name := range sortedKeys(v.totals) {
		t := v.totals[name]
		s := fmt.Sprintf("%s: %s, %s, %s (%s)", name, plural(t.batches, "batch", "batches"), plural(t.rows, "row", "rows"),
			plural(t.files, "file", "files"), size(t.bytes))
		if t.rejected > 0 {
			s += fmt.Sprintf(", %s rejected", count(t.rejected))
		}
		lines = append(lines, s)
	}
	return lines
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
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
