package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A record is a line of a sample.
type record struct {
	Topic     string            `json:"topic"`
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
	Key       *string           `json:"key"`
	Value     *string           `json:"value"`
	Headers   map[string]string `json:"headers"`
}

func text(b []byte) *string {
	if b == nil {
		return nil
	}
	s := string(b)
	return &s
}

// awaitMarker waits until the topic of the table marker has a record.
func (s *studio) awaitMarker(ctx context.Context, name string) error {
	topic := name + ".public.marker"
	return s.poll(ctx, func(admin *kadm.Client) (bool, error) {
		ends, err := admin.ListEndOffsets(ctx, topic)
		if err != nil {
			return false, err
		}
		end, ok := ends.Lookup(topic, 0)
		return ok && end.Err == nil && end.Offset > 0, nil
	})
}

// awaitIncremental waits until an incremental snapshot has sent the last row of the table items, which is that of key 20.
func (s *studio) awaitIncremental(ctx context.Context, name string) error {
	return s.poll(ctx, func(*kadm.Client) (bool, error) {
		lines, _, err := s.records(ctx, name)
		for line := range bytes.Lines(lines) {
			if bytes.Contains(line, []byte(`\"snapshot\":\"incremental\"`)) && bytes.Contains(line, []byte(`\"id\":20,`)) {
				return true, nil
			}
		}
		return false, err
	})
}

// poll asks again and again until it is done.
func (s *studio) poll(ctx context.Context, done func(*kadm.Client) (bool, error)) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.Addr))
	if err != nil {
		return err
	}
	defer client.Close()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(kadm.NewClient(client)); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w\n%s", context.Cause(ctx), s.debezium.Log())
		case <-tick.C:
		}
	}
}

// records are the lines of a sample: all that its topics have, topic by topic, but for the marker's and the signals'.
func (s *studio) records(ctx context.Context, name string) ([]byte, int, error) {
	all, err := s.kafka.Records(ctx, func(topic string) bool {
		ours := strings.HasPrefix(topic, name+".") || topic == "__debezium-heartbeat."+name
		return ours && !strings.HasSuffix(topic, ".marker") && !strings.HasSuffix(topic, ".signals")
	})
	if err != nil {
		return nil, 0, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for _, r := range all {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		if err := encoder.Encode(record{r.Topic, r.Partition, r.Offset, text(r.Key), text(r.Value), headers}); err != nil {
			return nil, 0, err
		}
	}
	return out.Bytes(), len(all), nil
}
