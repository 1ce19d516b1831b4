package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/output"
)

// latency is of one way to set the connector: from just before the commit of a transaction until a reader of the Delta table has its row.
type latency struct {
	Connector    string        `json:"connector"` // options that are not Debezium's defaults
	Rate         int           `json:"transactionsPerSecond"`
	Transactions int           `json:"transactions"`
	Versions     int64         `json:"versions"` // of the table, in the meantime
	P50          time.Duration `json:"p50Ns"`
	P95          time.Duration `json:"p95Ns"`
	P99          time.Duration `json:"p99Ns"`
	Max          time.Duration `json:"maxNs"`
}

// connectors are how Debezium is set. It gathers changes for poll.interval.ms before it sends them on, unless it has max.batch.size of them.
var connectors = []struct {
	name, what string
	config     map[string]string
}{
	{"patient", "Debezium's defaults (poll.interval.ms=500)", nil},
	{"eager", "poll.interval.ms=10", map[string]string{"poll.interval.ms": "10"}},
}

// patience is how much longer than the transactions all else may take, the snapshot that the connector begins with included; it only ends a bench that hangs.
const patience = 3 * time.Minute

// latencySome measures how far a Delta table is behind its database: PostgreSQL, Debezium, Kafka, ingestd and the reader are all on this machine. Single-row
// transactions, inserts and updates in turn, are committed at a steady rate.
func latencySome(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("latency", flag.ContinueOnError)
	rate := flags.Int("rate", 200, "transactions each second")
	length := flags.Int("seconds", 60, "for how long, for each way to set the connector")
	file := flags.String("json", "", "also write the results to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return scratch(func(dir string) error {
		l := &pipe{dir: dir, rate: *rate, transactions: *rate * *length}
		stop, err := l.start(ctx)
		if err != nil {
			return err
		}
		defer stop()
		var results []latency
		for _, c := range connectors {
			fmt.Fprintf(os.Stderr, "%d transactions, with %s\n", l.transactions, c.what)
			r, err := l.measure(ctx, c.name, c.config)
			if err != nil {
				return fmt.Errorf("%s: %w", c.what, err)
			}
			r.Connector = c.what
			results = append(results, r)
		}
		return reportLatency(results, *file)
	})
}

// pipe is the way from a database to Delta tables.
type pipe struct {
	dir                string
	rate, transactions int
	program            string
	postgres           *parts.PostgresServer
	kafka              *parts.KafkaBroker
	debezium           *parts.DebeziumWorker
}

// start starts the servers; the caller calls stop.
func (l *pipe) start(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range slices.Backward(stops) {
			s()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if l.program, err = program(); err != nil {
		return nil, err
	}
	var stopKafka func()
	if l.kafka, stopKafka, err = startKafka(ctx, l.dir); err != nil {
		return nil, err
	}
	stops = append(stops, stopKafka)
	fmt.Fprintln(os.Stderr, "starting PostgreSQL and Debezium")
	places := map[string]string{}
	for _, name := range []string{"postgres", "debezium"} {
		places[name] = filepath.Join(l.dir, name)
		if err := os.Mkdir(places[name], 0o755); err != nil {
			return nil, err
		}
	}
	if l.postgres, err = parts.StartPostgres(ctx, places["postgres"]); err != nil {
		return nil, err
	}
	stops = append(stops, func() { _ = l.postgres.Stop(context.WithoutCancel(ctx)) })
	if l.debezium, err = parts.StartDebezium(ctx, places["debezium"], l.kafka); err != nil {
		return nil, err
	}
	stops = append(stops, func() { _ = l.debezium.Stop(context.WithoutCancel(ctx)) })
	return stop, nil
}

// measure has a database of its own followed, by a connector that is set so.
func (l *pipe) measure(ctx context.Context, name string, config map[string]string) (latency, error) {
	length := time.Duration(l.transactions/l.rate) * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, length+patience, fmt.Errorf("not done within %v", length+patience))
	defer cancel()
	if err := l.prepare(ctx, name, config); err != nil {
		return latency{}, err
	}
	defer func() { _ = l.debezium.Delete(context.WithoutCancel(ctx), name) }()
	lake := filepath.Join(l.dir, name)
	stop, err := l.run(ctx, name, lake)
	if err != nil {
		return latency{}, err
	}
	defer stop()
	r := &lateReader{dir: lake + "/table", took: make([]time.Duration, l.transactions+1)}
	if err := r.await(ctx, l.transactions); err != nil { // what the snapshot found
		return latency{}, err
	}
	first := r.table.Version()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.commit(ctx, name) })
	g.Go(func() error { return r.await(ctx, 2*l.transactions) })
	if err := g.Wait(); err != nil {
		return latency{}, err
	}
	took := r.took[1:]
	slices.Sort(took)
	at := func(percent int) time.Duration { return took[(len(took)*percent+99)/100-1] }
	return latency{Rate: l.rate, Transactions: len(took), Versions: r.table.Version() - first, P50: at(50), P95: at(95), P99: at(99), Max: at(100)}, nil
}

// run runs the binary on a pipeline file, as a user does: without a trigger, so that a batch begins when the last one ended and there is data.
func (l *pipe) run(ctx context.Context, name, lake string) (stop func(), err error) {
	if err := os.Mkdir(lake, 0o755); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`
name: %s
source: {kafka: {brokers: [%q], topics: [%s.public.orders], starting_offsets: earliest}}
format: {debezium: {on_error: fail}}
sink: {delta: {table: %q, mode: cdc}}
`, name, l.kafka.Addr, name, lake+"/table")
	if err := os.WriteFile(lake+"/pipeline.yaml", []byte(text), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, l.program, "run", lake+"/pipeline.yaml", "--log-level", "warn")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}, nil
}

func reportLatency(results []latency, file string) error {
	fmt.Printf("From the commit of a single-row transaction in PostgreSQL, by Debezium, Kafka and ingestd, until a reader of the Delta table on local disk has the row; %d transactions each second\n\n",
		results[0].Rate)
	var rows []output.Row
	for _, r := range results {
		rows = append(rows, output.Row{r.Connector, r.Transactions, r.Versions, millis(r.P50), millis(r.P95), millis(r.P99), millis(r.Max)})
	}
	columns := []string{"connector", "transactions", "versions", "p50 ms", "p95 ms", "p99 ms", "max ms"}
	if err := output.Rows(os.Stdout, output.Table, columns, output.Slice(rows)); err != nil {
		return err
	}
	return writeJSON(file, results)
}
