// Package telemetry shows how queries are doing: Prometheus metrics, and health and readiness over HTTP.
//
// It owns the names of the metrics and knows of queries only what package stream reports of them.
package telemetry

import (
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ingestd/ingestd/stream"
)

// Metrics collects the figures of any number of queries. All methods may be called from many goroutines.
type Metrics struct {
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
	steps    *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	files    *prometheus.CounterVec

	mu      sync.Mutex
	queries []query
	last    map[string]stream.Progress
}

// query is a query as the collector sees it.
type query struct {
	name  string
	state func() stream.State
}

// New makes a registry of its own, with the figures of the Go runtime and the process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ingestd_batch_duration_seconds", Help: "Time from a trigger to the end of its micro-batch.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"query"}),
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ingestd_batch_step_seconds_total", Help: "Time spent in each step of the micro-batches, by Spark's names in durationMs.",
		}, []string{"query", "step"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ingestd_output_bytes_total", Help: "Bytes of data files committed."}, []string{"query"}),
		files: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ingestd_output_files_total", Help: "Data files committed."}, []string{"query"}),
		last:  map[string]stream.Progress{},
	}
	m.registry.MustRegister(m.duration, m.steps, m.bytes, m.files, (*states)(m),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry takes further collectors, such as the Kafka client's.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Watch adds a query, by a function that tells its state.
func (m *Metrics) Watch(name string, state func() stream.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries = append(m.queries, query{name, state})
}

// Observe takes a progress event into the figures.
func (m *Metrics) Observe(p stream.Progress) {
	idle := p.NumInputRows == 0 && p.Committed.Files == 0
	m.mu.Lock()
	if idle {
		p.Committed = m.last[p.Name].Committed
	}
	m.last[p.Name] = p
	m.mu.Unlock()
	if idle {
		return
	}
	m.duration.WithLabelValues(p.Name).Observe(float64(p.BatchDuration) / 1000)
	for step, ms := range p.DurationMs {
		m.steps.WithLabelValues(p.Name, step).Add(float64(ms) / 1000)
	}
	m.bytes.WithLabelValues(p.Name).Add(float64(p.Committed.Bytes))
	m.files.WithLabelValues(p.Name).Add(float64(p.Committed.Files))
}

// states makes metrics of the queries' states when they are asked for.
type states Metrics

var (
	batchesDesc  = desc("ingestd_batches_total", "Micro-batches committed.")
	inputDesc    = desc("ingestd_input_rows_total", "Records read from the source, rejected ones included.")
	outputDesc   = desc("ingestd_output_rows_total", "Rows committed to the sink.")
	rejectedDesc = desc("ingestd_rejected_rows_total", "Records that could not be decoded.")
	retriesDesc  = desc("ingestd_batch_retries_total", "Micro-batches tried again after a failure that may pass.")
	fencedDesc   = desc("ingestd_fenced_total", "Times that another process had advanced the query.")
	dueDesc      = desc("ingestd_maintenance_failures_total", "Failures of work off the commit path, such as checkpoints of the log.")
	healthyDesc  = desc("ingestd_query_healthy", "1 while nothing has failed since the last success.")
	lastDesc     = desc("ingestd_last_batch_timestamp_seconds", "When the last micro-batch was committed.")
	behindDesc   = desc("ingestd_source_offsets_behind_latest", "Offsets between the query and the end of the partition that is furthest behind.")
	versionDesc  = desc("ingestd_table_version", "Version of the sink's table after the last commit.")
)

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"query"}, nil)
}

// Describe sends nothing: the collector is unchecked, since queries come and go.
func (*states) Describe(chan<- *prometheus.Desc) {}

// Collect reads the state of each query.
func (c *states) Collect(out chan<- prometheus.Metric) {
	m := (*Metrics)(c)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range m.queries {
		s := q.state()
		counter := func(d *prometheus.Desc, v int64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), q.name)
		}
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, q.name)
		}
		counter(batchesDesc, s.Batches)
		counter(inputDesc, s.InputRows)
		counter(outputDesc, s.OutputRows)
		counter(rejectedDesc, s.RejectedRows)
		counter(retriesDesc, s.Retries)
		counter(fencedDesc, s.Fenced)
		counter(dueDesc, s.DueFailures)
		healthy := 0.0
		if s.Healthy {
			healthy = 1
		}
		gauge(healthyDesc, healthy)
		if !s.LastBatchAt.IsZero() {
			gauge(lastDesc, float64(s.LastBatchAt.UnixMilli())/1000)
		}
		if p, ok := m.last[q.name]; ok {
			gauge(versionDesc, float64(p.Committed.Version))
			for _, src := range p.Sources {
				if v, err := strconv.ParseFloat(src.Metrics["maxOffsetsBehindLatest"], 64); err == nil {
					gauge(behindDesc, v)
				}
			}
		}
	}
}
