package parts

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Kafka starts a broker for this test alone, which may take it down and bring it back; it is gone when the test ends.
// Properties ("name=value") are added to its configuration.
func Kafka(t testing.TB, properties ...string) *KafkaBroker {
	t.Helper()
	broker, err := StartKafka(t.Context(), t.TempDir(), properties...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, &broker.server) })
	return broker
}

// SharedKafka is the test binary's one broker. A test makes topics of its own and leaves the broker running.
func SharedKafka(t testing.TB) *KafkaBroker {
	t.Helper()
	return obtain(t, "kafka", func(ctx context.Context, dir string) (*KafkaBroker, func(), error) {
		broker, err := StartKafka(ctx, dir)
		return broker, func() { release(&broker.server) }, err
	})
}

// MinIO starts a server for this test alone, which may take it down and bring it back; it is gone when the test ends.
func MinIO(t testing.TB) *MinIOServer {
	t.Helper()
	m, err := StartMinIO(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, &m.server) })
	return m
}

// SharedMinIO is the test binary's one server. A test makes a bucket of its own and leaves the server running.
func SharedMinIO(t testing.TB) *MinIOServer {
	t.Helper()
	return obtain(t, "minio", func(ctx context.Context, dir string) (*MinIOServer, func(), error) {
		m, err := StartMinIO(ctx, dir)
		return m, func() { release(&m.server) }, err
	})
}

// Spark is the test binary's one Spark session.
func Spark(t testing.TB) *SparkEngine {
	t.Helper()
	return obtain(t, "spark", func(ctx context.Context, dir string) (*SparkEngine, func(), error) {
		e, err := startEngine(ctx, "spark", dir)
		return &SparkEngine{writer{reader{e}}}, e.close, err
	})
}

// DeltaRS is the test binary's one process with delta-rs.
func DeltaRS(t testing.TB) *DeltaRSEngine {
	t.Helper()
	return obtain(t, "deltars", func(ctx context.Context, dir string) (*DeltaRSEngine, func(), error) {
		e, err := startEngine(ctx, "deltars", dir)
		return &DeltaRSEngine{writer{reader{e}}}, e.close, err
	})
}

// DuckDB is the test binary's one process with DuckDB.
func DuckDB(t testing.TB) *DuckDBEngine {
	t.Helper()
	return obtain(t, "duckdb", func(ctx context.Context, dir string) (*DuckDBEngine, func(), error) {
		e, err := startEngine(ctx, "duckdb", dir)
		return &DuckDBEngine{reader{e}}, e.close, err
	})
}

// Topic creates a topic with a name of its own and returns the name.
func (b *KafkaBroker) Topic(t testing.TB, partitions int32) string {
	t.Helper()
	topic := uniqueName(t)
	if err := b.CreateTopic(t.Context(), topic, partitions, nil); err != nil {
		t.Fatal(err)
	}
	return topic
}

// Client is a client of the broker, closed when the test ends. Options are added to the broker's address.
func (b *KafkaBroker) Client(t testing.TB, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Bucket creates a bucket with a name of its own and returns the name.
func (m *MinIOServer) Bucket(t testing.TB) string {
	t.Helper()
	bucket := uniqueName(t)
	if err := m.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	return bucket
}

// SameRows fails the test where got does not hold the same columns, types and rows as want.
func SameRows(t testing.TB, what string, want, got Rows) {
	t.Helper()
	if diff := want.Diff(got); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}
