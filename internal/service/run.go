package service

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kprom"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/internal/telemetry"
	"github.com/ingestd/ingestd/stream"
)

// Run says how the queries of a file are run.
type Run struct {
	File   *config.File
	Stdout io.Writer // of console sinks
	Logger *slog.Logger
	// Stopping, when it is closed, lets every query finish its batch in hand and end.
	Stopping <-chan struct{}
	// OnProgress gets every progress event; calls do not overlap.
	OnProgress func(stream.Progress)
	// OnListen is told where the server listens, when the file asks for one.
	OnListen func(addr string)
	// Hook is for tests; see stream.Step.
	Hook stream.Hook
}

// Do runs the queries until all have ended. A query that fails does not stop the others; the error
// joins those of all that failed.
func (r Run) Do(ctx context.Context) (err error) {
	metrics := telemetry.New()
	expressions := sql.NewCompiler(sql.Options{}, nil)
	defer func() { err = errors.Join(err, expressions.Close()) }()
	queries, err := r.queries(ctx, metrics, expressions)
	if err != nil {
		return err
	}
	if r.File.Server.Listen != "" {
		server, listenErr := metrics.Serve(ctx, r.File.Server.Listen)
		if listenErr != nil {
			return errors.Join(listenErr, closeSources(queries))
		}
		defer func() { err = errors.Join(err, closeServer(server)) }()
		r.Logger.Info("listening", "address", server.Addr(), "pages", "/metrics /healthz /readyz")
		if r.OnListen != nil {
			r.OnListen(server.Addr())
		}
	}
	return r.all(ctx, queries, metrics)
}

// queries builds all queries, or none.
func (r Run) queries(ctx context.Context, metrics *telemetry.Metrics, expressions *sql.Compiler) ([]*stream.Query, error) {
	builder := r.builder(metrics)
	builder.Tables.Expressions = expressions
	var queries []*stream.Query
	for _, c := range r.File.Queries {
		q, err := builder.Query(ctx, c)
		if err != nil {
			return nil, errors.Join(err, closeSources(queries))
		}
		q.Hook = r.Hook
		metrics.Watch(q.Name, q.State)
		queries = append(queries, q)
	}
	return queries, nil
}

// closeSources closes what queries that never ran have opened.
func closeSources(queries []*stream.Query) error {
	var errs []error
	for _, q := range queries {
		errs = append(errs, q.Source.Close())
	}
	return errors.Join(errs...)
}

// closeServer waits a moment for requests in hand.
func closeServer(s *telemetry.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return s.Close(ctx)
}

func (r Run) builder(metrics *telemetry.Metrics) Builder {
	return Builder{Tables: Tables{Storage: r.File.Storage, Logger: r.Logger}, Stdout: r.Stdout, Logger: r.Logger,
		KafkaHooks: func(query string) []kgo.Hook {
			label := kprom.WithStaticLabel(prometheus.Labels{"query": query}) // each client registers metrics of its own
			return []kgo.Hook{kprom.NewMetrics("ingestd_kafka", kprom.Registry(metrics.Registry()), label)}
		}}
}

// all runs the queries side by side.
func (r Run) all(ctx context.Context, queries []*stream.Query, metrics *telemetry.Metrics) error {
	var progress sync.Mutex
	errs := make([]error, len(queries))
	var wg sync.WaitGroup
	done := make(chan struct{})
	for i, q := range queries {
		q.OnProgress = func(p stream.Progress) {
			metrics.Observe(p)
			if r.OnProgress != nil {
				progress.Lock()
				defer progress.Unlock()
				r.OnProgress(p)
			}
		}
		wg.Go(func() {
			errs[i] = q.Run(ctx)
			if errs[i] != nil && !errors.Is(errs[i], context.Canceled) && len(queries) > 1 {
				r.Logger.Error("query failed; the others go on", "query", q.Name, "error", errs[i])
			}
		})
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-r.Stopping:
			for _, q := range queries {
				q.Stop()
			}
		case <-done:
		}
	}()
	wg.Wait()
	close(done)
	<-stopped
	return joined(errs)
}

// joined joins errors. Those that only say that the run was cancelled are left out where others say why.
func joined(errs []error) error {
	real := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil || errors.Is(err, context.Canceled) })
	if len(real) == 0 {
		real = errs
	}
	return errors.Join(real...)
}
