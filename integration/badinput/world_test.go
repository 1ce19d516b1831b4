//go:build integration

package badinput

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/integration/parts"
)

// A world is a topic of one partition, a folder, and a pipeline file that tests spoil.
type world struct {
	testing.TB
	kafka  *parts.KafkaBroker
	dir    string
	topic  string
	env    []string
	client *kgo.Client
}

func newWorld(t testing.TB, kafka *parts.KafkaBroker) *world {
	t.Helper()
	w := &world{TB: t, kafka: kafka, dir: t.TempDir(), topic: kafka.Topic(t, 1)}
	var err error
	if w.client, err = kgo.NewClient(kgo.SeedBrokers(kafka.Addr), kgo.DefaultProduceTopic(w.topic)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	return w
}

// ids produces the records {"id":from} to {"id":from+n-1}.
func (w *world) ids(from, n int) {
	w.Helper()
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf(`{"id":%d}`, from+i)
	}
	w.produce(values...)
}

func (w *world) produce(values ...string) {
	w.Helper()
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = kgo.StringRecord(v)
	}
	if err := w.client.ProduceSync(w.Context(), records...).FirstErr(); err != nil {
		w.Fatal(err)
	}
}

// admin is an administrator of the broker.
func (w *world) admin() *kadm.Client { return kadm.NewClient(w.client) }

// setting is a pipeline file; what is empty is what works.
type setting struct {
	brokers string // default: the world's
	topic   string
	kafka   string // further keys, ", key: value"
	schema  string
	json    string
	table   string // default: t in the world's folder
	delta   string
	trigger string
	rest    string // further lines
}

// file writes a pipeline file.
func (w *world) file(s setting) string {
	w.Helper()
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	text := fmt.Sprintf("name: q\nsource: {kafka: {brokers: [%q], topics: [%q], starting_offsets: earliest%s}}\nformat: {json: {schema: %q%s}}\nsink: {delta: {table: %q%s}}\ntrigger: {%s}\n%s\n",
		or(s.brokers, w.kafka.Addr), or(s.topic, w.topic), s.kafka, or(s.schema, "id INT NOT NULL"), s.json, or(s.table, w.table()), s.delta, or(s.trigger, "available_now: true"), s.rest)
	path := filepath.Join(w.dir, "pipeline.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

func (w *world) table() string { return filepath.Join(w.dir, "t") }

// limit is how long any command may take to fail.
const limit = 40 * time.Second

// exit is how a command ended.
type exit struct {
	code           int
	stdout, stderr string
}

// process is a command that runs.
type process struct {
	testing.TB
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	cancel         context.CancelFunc
}

func (w *world) start(args ...string) *process {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 3*limit)
	p := &process{TB: w, cmd: exec.CommandContext(ctx, program, args...), cancel: cancel}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = &p.stdout, &p.stderr, w.dir
	p.cmd.Env = append(append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true"), w.env...)
	if err := p.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	return p
}

// end waits for the command.
func (p *process) end() exit {
	p.Helper()
	defer p.cancel()
	var bad *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &bad) {
		p.Fatal(err)
	}
	return exit{p.cmd.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
}

// stop lets a run finish its batch.
func (p *process) stop() exit {
	p.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.Fatal(err)
	}
	return p.end()
}

func (w *world) run(args ...string) exit {
	w.Helper()
	began := time.Now()
	e := w.start(args...).end()
	if took := time.Since(began); took > limit {
		w.Errorf("ingestd %s took %v", strings.Join(args, " "), took)
	}
	return e
}

// works runs a pipeline that must end well.
func (w *world) works(s setting) {
	w.Helper()
	if e := w.run("run", w.file(s)); e.code != 0 {
		w.Fatalf("exit code %d\n%s", e.code, e.stderr)
	}
}

// refused runs a pipeline that must end with an exit code and one line that has all the texts.
func (w *world) refused(code int, s setting, texts ...string) {
	w.Helper()
	w.complains(w.run("run", w.file(s)), code, texts...)
}

// complains fails the test unless stderr is JSON lines but for the last one, which is ours and has all the texts.
func (w *world) complains(e exit, code int, texts ...string) {
	w.Helper()
	if e.code != code {
		w.Errorf("exit code %d, want %d", e.code, code)
	}
	lines := strings.Split(strings.TrimSuffix(e.stderr, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		if !json.Valid([]byte(line)) {
			w.Errorf("a line before the last that is no JSON: %s", line)
		}
	}
	last := lines[len(lines)-1]
	w.Log(last)
	if !strings.HasPrefix(last, "ingestd: ") || len(last) > 600 {
		w.Errorf("not one clear line: %s", last)
	}
	for _, text := range texts {
		if !strings.Contains(last, text) {
			w.Errorf("the line has not %q", text)
		}
	}
	for line := range strings.Lines(e.stdout) {
		if !json.Valid([]byte(line)) {
			w.Errorf("on stdout: %s", line)
		}
	}
	if strings.Contains(e.stdout+e.stderr, secret) {
		w.Errorf("a secret shows: %s%s", e.stdout, e.stderr)
	}
}

// secret is what no output may have.
const secret = "hunter2-hunter2"

// query gives the rows of SQL, as maps.
func (w *world) query(text string) []map[string]any {
	w.Helper()
	e := w.run("query", text)
	if e.code != 0 {
		w.Fatalf("query %s: %s", text, e.stderr)
	}
	var rows []map[string]any
	for line := range strings.Lines(e.stdout) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			w.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// holds fails the test unless the table has the ids 0 to n-1, each once.
func (w *world) holds(table string, n int) {
	w.Helper()
	row := w.query(fmt.Sprintf("SELECT count(*) AS n, count(DISTINCT id) AS ids, min(id) AS first, max(id) AS last FROM delta('%s')", table))[0]
	if row["n"] != float64(n) || row["ids"] != float64(n) || row["first"] != 0.0 || row["last"] != float64(n-1) {
		w.Errorf("the table has %v, want the ids 0 to %d", row, n-1)
	}
}

// awaitRows waits until a table is there and has n rows.
func (w *world) awaitRows(table string, n int) {
	w.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	want := fmt.Sprintf("{\"n\":%d}\n", n)
	var e exit
	for end := time.Now().Add(2 * limit); time.Now().Before(end); <-tick.C {
		if e = w.run("query", fmt.Sprintf("SELECT count(*) AS n FROM delta('%s')", table)); e.stdout == want {
			return
		}
	}
	w.Fatalf("%s does not come to have %d rows: %+v", table, n, e)
}
