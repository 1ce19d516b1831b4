package parts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// DebeziumWorker is a standalone Kafka Connect worker with Debezium's connector for PostgreSQL. Its connectors, and how far
// they have read, survive Stop, Kill and Restart; what they sent in the last second before a Kill they send again.
type DebeziumWorker struct {
	server
	Addr       string // host:port of Kafka Connect's REST API
	connectors map[string]map[string]string
}

// StartDebezium starts a worker that sends to a broker and keeps its offsets in dir. It is local also with
// INTEGRATION=compose. The caller stops it.
func StartDebezium(ctx context.Context, dir string, kafka *KafkaBroker) (*DebeziumWorker, error) {
	if err := Install(ctx, "debezium"); err != nil {
		return nil, err
	}
	d := &DebeziumWorker{connectors: map[string]map[string]string{}}
	if err := d.prepare(dir, kafka); err != nil {
		return nil, fmt.Errorf("prepare debezium: %w", err)
	}
	if err := d.Restart(ctx); err != nil {
		_ = d.Kill(ctx)
		return nil, err
	}
	return d, nil
}

// prepare writes the configuration of the worker: that of the composed one, with addresses and files of our own.
func (d *DebeziumWorker) prepare(dir string, kafka *KafkaBroker) error {
	parts, err := Dir()
	if err != nil {
		return err
	}
	root, err := Root()
	if err != nil {
		return err
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	d.Addr = loopback(ports[0])
	composed, err := os.ReadFile(filepath.Join(root, "integration", "setup", "debezium", "worker.properties"))
	if err != nil {
		return err
	}
	config, logging := filepath.Join(dir, "worker.properties"), filepath.Join(dir, "log4j2.properties")
	own := []string{
		"bootstrap.servers=" + kafka.Addr,
		"listeners=http://" + d.Addr,
		"offset.storage.file.filename=" + filepath.Join(dir, "offsets"),
		"offset.flush.interval.ms=1000",
	}
	if err := os.WriteFile(config, []byte(string(composed)+"\n"+strings.Join(own, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(logging, []byte(debeziumLogging), 0o600); err != nil {
		return err
	}
	d.server = server{name: "debezium", ready: d.answers, host: &localHost{
		name: "debezium",
		command: func() *exec.Cmd {
			return exec.Command("java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(parts, "debezium", "libs", "*"),
				"-Dlog4j2.configurationFile="+logging, "org.apache.kafka.connect.cli.ConnectStandalone", config)
		},
		log: filepath.Join(dir, "debezium.log"),
	}}
	return nil
}

const debeziumLogging = `appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
logger.debezium.name=io.debezium.connector
logger.debezium.level=INFO
`

// Restart is that of every server. The worker remembers no connectors itself: they are put again.
func (d *DebeziumWorker) Restart(ctx context.Context) error {
	if err := d.server.Restart(ctx); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(d.connectors)) {
		if err := d.put(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Put creates a connector, or changes its configuration, and returns when it runs.
func (d *DebeziumWorker) Put(ctx context.Context, name string, config map[string]string) error {
	d.connectors[name] = maps.Clone(config)
	return d.put(ctx, name)
}

func (d *DebeziumWorker) put(ctx context.Context, name string) error {
	config, _ := json.Marshal(d.connectors[name]) // strings always marshal
	if _, err := d.call(ctx, http.MethodPut, "connectors/"+name+"/config", config); err != nil {
		return fmt.Errorf("connector %s: %w", name, err)
	}
	failed := make(chan struct{})
	var state error
	running := func(ctx context.Context) error {
		err := d.runs(ctx, name)
		if errors.As(err, new(connectorFailed)) && state == nil {
			state = err
			close(failed)
		}
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startPatience, fmt.Errorf("not running within %v", startPatience))
	defer cancel()
	if err := await(ctx, failed, running); err != nil {
		return fmt.Errorf("connector %s: %w\n%s", name, errors.Join(state, err), d.Log())
	}
	return nil
}

// connectorFailed is the trace of a connector's task that has ended.
type connectorFailed string

func (e connectorFailed) Error() string { return "the task failed: " + string(e) }

// runs is nil when a connector's one task runs.
func (d *DebeziumWorker) runs(ctx context.Context, name string) error {
	answer, err := d.call(ctx, http.MethodGet, "connectors/"+name+"/status", nil)
	if err != nil {
		return err
	}
	var status struct {
		Tasks []struct{ State, Trace string }
	}
	if err := json.Unmarshal(answer, &status); err != nil {
		return err
	}
	switch {
	case len(status.Tasks) == 1 && status.Tasks[0].State == "RUNNING":
		return nil
	case len(status.Tasks) == 1 && status.Tasks[0].State == "FAILED":
		return connectorFailed(status.Tasks[0].Trace)
	}
	return fmt.Errorf("status: %s", answer)
}

// Delete ends a connector for good. The slot and the publication in the database stay.
func (d *DebeziumWorker) Delete(ctx context.Context, name string) error {
	delete(d.connectors, name)
	if _, err := d.call(ctx, http.MethodDelete, "connectors/"+name, nil); err != nil {
		return fmt.Errorf("connector %s: %w", name, err)
	}
	return nil
}

// call calls Kafka Connect's REST API; an answer that is no success is an error.
func (d *DebeziumWorker) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+d.Addr+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Close = true
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer, err
}

func (d *DebeziumWorker) answers(ctx context.Context) error {
	_, err := d.call(ctx, http.MethodGet, "connectors", nil)
	return err
}

// Debezium starts a worker for this test alone, which may take it down and bring it back; it is gone when the test ends.
func Debezium(t testing.TB, kafka *KafkaBroker) *DebeziumWorker {
	t.Helper()
	d, err := StartDebezium(t.Context(), t.TempDir(), kafka)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, &d.server) })
	return d
}
