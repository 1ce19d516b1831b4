package service

import (
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/internal/config"
)

// broker is a Kafka in this process.
type broker struct {
	t       *testing.T
	addr    string
	cluster *kfake.Cluster
	client  *kgo.Client
	admin   *kadm.Client
}

func newBroker(t *testing.T, opts ...kfake.Opt) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &broker{t: t, addr: cluster.ListenAddrs()[0], cluster: cluster}
	if b.client, err = kgo.NewClient(kgo.SeedBrokers(b.addr), kgo.RecordPartitioner(kgo.ManualPartitioner())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	b.admin = kadm.NewClient(b.client)
	return b
}

// topic creates a topic; of one that is there it makes a new one.
func (b *broker) topic(name string, partitions int32) {
	b.t.Helper()
	if _, err := b.admin.DeleteTopics(b.t.Context(), name); err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.admin.CreateTopic(b.t.Context(), partitions, 1, nil, name); err != nil {
		b.t.Fatal(err)
	}
}

// produce sends values, to the partitions in turn.
func (b *broker) produce(topic string, partitions int32, values ...string) {
	b.t.Helper()
	for i, v := range values {
		r := &kgo.Record{Topic: topic, Partition: int32(i) % partitions, Value: []byte(v)}
		if err := b.client.ProduceSync(b.t.Context(), r).FirstErr(); err != nil {
			b.t.Fatal(err)
		}
	}
}

// refuseSASL lets the broker answer each password as a real one answers a wrong one; the fake one only hangs up.
func (b *broker) refuseSASL() {
	b.cluster.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return resp, nil, true
	})
}

// forget deletes the records of a partition before an offset, as retention does.
func (b *broker) forget(topic string, partition int32, before int64) {
	b.t.Helper()
	var o kadm.Offsets
	o.AddOffset(topic, partition, before, -1)
	if _, err := b.admin.DeleteRecords(b.t.Context(), o); err != nil {
		b.t.Fatal(err)
	}
}

// ids are n records {"id":from} and so on.
func ids(from, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"id":%d}`, from+i)
	}
	return out
}

// query is a pipeline file of one query named q that ends when all is read, with further keys by their block.
func (b *broker) query(topic, table string, more map[string]string) *config.File {
	b.t.Helper()
	f, _ := load(b.t, b.text("q", topic, table, more))
	return f
}

func (b *broker) text(name, topic, table string, more map[string]string) string {
	trigger := more["trigger"]
	if trigger == "" {
		trigger = "available_now: true"
	}
	schema := more["schema"]
	if schema == "" {
		schema = "id INT NOT NULL"
	}
	text := fmt.Sprintf("name: %s\nsource: {kafka: {brokers: [%q], topics: [%s], starting_offsets: earliest%s}}\nformat: {json: {schema: %q%s}}\nsink: {delta: {table: %q%s}}\ntrigger: {%s}\n",
		name, b.addr, topic, more["kafka"], schema, more["json"], table, more["delta"], trigger)
	return text + more["rest"]
}

// snapshot is all files below a folder.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
