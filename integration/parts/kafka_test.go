//go:build integration

package parts

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

func TestKafkaKeepsRecordsOverKillAndStop(t *testing.T) {
	broker := Kafka(t)
	topic := broker.Topic(t, 2)
	client := broker.Client(t, kgo.ConsumeTopics(topic))
	takeDown := []func(context.Context) error{broker.Kill, broker.Stop}
	for round := range 3 {
		for i := range 10 {
			record := kgo.StringRecord(fmt.Sprintf("%d-%d", round, i))
			record.Topic = topic
			if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if round == len(takeDown) {
			break
		}
		if err := takeDown[round](t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := broker.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	seen := map[string]int{}
	for len(seen) < 30 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("read %d of 30 records", len(seen))
		}
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)]++ })
	}
	for value, n := range seen {
		if n != 1 {
			t.Errorf("%s was read %d times", value, n)
		}
	}
}

func TestKafkaAsksForAPassword(t *testing.T) {
	broker := SharedKafka(t)
	login := func(password string) error {
		auth := plain.Auth{User: broker.User, Pass: password}
		client, err := kgo.NewClient(kgo.SeedBrokers(broker.SASLAddr), kgo.SASL(auth.AsMechanism()))
		if err != nil {
			return err
		}
		defer client.Close()
		_, err = kadm.NewClient(client).ListBrokers(t.Context())
		return err
	}
	if err := login(broker.Password); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if err := login("wrong"); !errors.Is(err, kerr.SaslAuthenticationFailed) {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestKafkaMakesNoTopicByItself(t *testing.T) {
	broker := SharedKafka(t)
	client := broker.Client(t)
	record := kgo.StringRecord("x")
	record.Topic = uniqueName(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := client.ProduceSync(ctx, record).FirstErr(); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("produced to a topic that is not there: %v", err)
	}
}
