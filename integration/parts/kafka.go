package parts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// KafkaBroker is a Kafka cluster of one node. Its topics survive Stop, Kill and Restart. Topics are not created by
// being named.
type KafkaBroker struct {
	server
	Addr     string // host:port of the listener that asks for nothing
	SASLAddr string // host:port of the listener that asks for SASL PLAIN, without TLS
	User     string // who may log in at SASLAddr
	Password string
}

const kafkaUser, kafkaPassword = "ingestd", "ingestd-secret"

// StartKafka starts a broker that keeps all it has in dir; properties ("name=value") are added to its configuration.
// With INTEGRATION=compose it attaches to the composed broker, and both arguments mean nothing. The caller stops it.
func StartKafka(ctx context.Context, dir string, properties ...string) (*KafkaBroker, error) {
	compose, err := composed()
	if err != nil {
		return nil, err
	}
	b := &KafkaBroker{Addr: "127.0.0.1:9092", SASLAddr: "127.0.0.1:9094", User: kafkaUser, Password: kafkaPassword}
	b.server = server{name: "kafka", ready: b.answers, host: composeHost{"kafka"}}
	if !compose {
		if err := b.prepare(ctx, dir, properties); err != nil {
			return nil, fmt.Errorf("prepare kafka: %w", err)
		}
	}
	if err := b.Restart(ctx); err != nil {
		_ = b.Kill(ctx)
		return nil, err
	}
	return b, nil
}

// prepare writes the broker's configuration and formats its storage.
func (b *KafkaBroker) prepare(ctx context.Context, dir string, properties []string) error {
	if err := Install(ctx, "kafka"); err != nil {
		return err
	}
	parts, err := Dir()
	if err != nil {
		return err
	}
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	b.Addr, b.SASLAddr = loopback(ports[0]), loopback(ports[1])

	config, logging := filepath.Join(dir, "server.properties"), filepath.Join(dir, "log4j2.properties")
	lines := append(b.properties(filepath.Join(dir, "data"), loopback(ports[2])), properties...)
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(logging, []byte(kafkaLogging), 0o600); err != nil {
		return err
	}
	java := func(heap, main string, args ...string) *exec.Cmd {
		flags := []string{"-Xmx" + heap, "-cp", filepath.Join(parts, "kafka", "libs", "*"), "-Dlog4j2.configurationFile=" + logging, main}
		return exec.Command("java", append(flags, args...)...)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	format := java("256m", "kafka.tools.StorageTool", "format", "-c", config, "-t="+base64.RawURLEncoding.EncodeToString(id))
	if out, err := format.CombinedOutput(); err != nil {
		return fmt.Errorf("format storage: %w\n%s", err, out)
	}
	b.host = &localHost{
		name:    "kafka",
		command: func() *exec.Cmd { return java("1g", "kafka.Kafka", config) },
		log:     filepath.Join(dir, "kafka.log"),
	}
	return nil
}

// answers is nil when the broker knows itself, which it does when it has come up.
func (b *KafkaBroker) answers(ctx context.Context) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr))
	if err != nil {
		return err
	}
	defer client.Close()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if err != nil {
		return err
	}
	if len(brokers) == 0 {
		return fmt.Errorf("no broker at %s", b.Addr)
	}
	return nil
}

// CreateTopic creates a topic with this many partitions; configs may be nil, and returns when it
// can be used. A topic that exists is an error.
func (b *KafkaBroker) CreateTopic(ctx context.Context, topic string, partitions int32, configs map[string]*string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr))
	if err != nil {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(ctx, partitions, 1, configs, topic); err != nil {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	// A busy broker knows its new topic a while after it has said that it is there.
	known := func(ctx context.Context) error {
		found, err := admin.ListEndOffsets(ctx, topic)
		return errors.Join(err, found.Error())
	}
	if err := await(ctx, nil, known); err != nil {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	return nil
}
