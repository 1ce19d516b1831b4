package stream

import (
	"fmt"
	"time"

	"github.com/ingestd/ingestd/stream/checkpoint"
)

// reporter makes the progress events of a run.
type reporter struct {
	query     *Query
	id, runID string
	fired     time.Time // this trigger
	last      time.Time // the trigger of the batch before; zero before the first
	told      time.Time // when the last event was sent; zero before the first
	durations map[string]int64
}

// fire begins a trigger.
func (p *reporter) fire(now time.Time) {
	p.fired = now
	p.durations = map[string]int64{}
}

func (p *reporter) clock() time.Time { return p.query.Now() }

// took notes how long a part of the trigger took since began.
func (p *reporter) took(part string, began time.Time) {
	p.durations[part] += p.clock().Sub(began).Milliseconds()
}

// batch tells of a batch that was committed.
func (p *reporter) batch(r *run, b *batch, n *tally, done Committed) {
	now := p.clock()
	r.state.committed(now, b.id, n, done.Rows)
	r.Logger.Debug("batch committed", "batch", b.id, "rows", n.records.Load(), "rejected", n.rejected.Load(), "version", done.Version, "took", now.Sub(p.fired))
	if p.query.OnProgress != nil {
		e := p.event(b.id, n.records.Load())
		e.NumRejectedRows = n.rejected.Load()
		e.Committed = done
		e.Sink.NumOutputRows = done.Rows
		p.source(&e.Sources[0], b.at, b.after, b.latest)
		p.query.OnProgress(e)
	}
	p.last, p.told = p.fired, now
}

// idle tells of a trigger without data, from time to time.
func (p *reporter) idle(r *run) {
	now := p.clock()
	if p.told.IsZero() {
		p.told = now
	}
	if p.query.OnProgress == nil || now.Sub(p.told) < idleProgressEvery {
		return
	}
	p.told = now
	e := p.event(r.next, 0)
	p.source(&e.Sources[0], r.pos, r.pos, r.pos)
	p.query.OnProgress(e)
}

// event makes an event of this trigger.
func (p *reporter) event(id, rows int64) Progress {
	took := p.clock().Sub(p.fired)
	p.durations[durTrigger] = took.Milliseconds()
	var in *float64
	if !p.last.IsZero() {
		in = rate(rows, p.fired.Sub(p.last))
	}
	out := rate(rows, took)
	return Progress{
		ID: p.id, RunID: p.runID, Name: p.query.Name,
		Timestamp: p.fired.UTC().Format(sparkTime), BatchID: id,
		BatchDuration: took.Milliseconds(), NumInputRows: rows,
		InputRate: in, ProcessedRate: out,
		DurationMs: p.durations, StateOperators: []StateOperator{},
		Sources: []SourceProgress{{Description: p.query.Source.Name(), NumInputRows: rows, InputRate: in, ProcessedRate: out}},
		Sink:    SinkProgress{Description: p.query.Sink.Name()},
	}
}

// source fills in offsets, and how far the query is behind.
func (p *reporter) source(s *SourceProgress, from, to, latest Offsets) {
	s.StartOffset, s.EndOffset, s.LatestOffset = checkpoint.EncodeOffsets(from), checkpoint.EncodeOffsets(to), checkpoint.EncodeOffsets(latest)
	var least, most, sum, n int64
	for part, end := range latest {
		behind := max(end-to[part], 0)
		if n == 0 || behind < least {
			least = behind
		}
		most = max(most, behind)
		sum += behind
		n++
	}
	s.Metrics = map[string]string{
		"avgOffsetsBehindLatest": fmt.Sprintf("%.1f", float64(sum)/float64(max(n, 1))),
		"maxOffsetsBehindLatest": fmt.Sprint(most),
		"minOffsetsBehindLatest": fmt.Sprint(least),
	}
}

// rate is rows per second; nil where no time has passed.
func rate(rows int64, d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	r := float64(rows) / d.Seconds()
	return &r
}
