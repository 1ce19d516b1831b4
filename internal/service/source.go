package service

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/stream/source/kafka"
)

// KafkaOptions are the options of the Kafka source that a pipeline file asks for.
func KafkaOptions(k *config.Kafka, logger *slog.Logger, hooks ...kgo.Hook) kafka.Options {
	orLatest := k.StartingTimestampStrategy == "latest"
	o := kafka.Options{
		Brokers: k.Brokers, Topics: k.Topics, TopicPattern: k.TopicPattern,
		StartingOffsets: position(k.StartingOffsets, orLatest), EndingOffsets: position(k.EndingOffsets, true),
		FailOnDataLoss: k.FailOnDataLoss == nil || *k.FailOnDataLoss,
		MinPartitions:  k.MinPartitions, GroupID: k.GroupID, ReadUncommitted: k.IsolationLevel == "read_uncommitted",
		Rack: k.Rack, Client: k.Options, Hooks: hooks, Logger: logger,
	}
	if t := k.TLS; t != nil {
		o.TLS = &kafka.TLS{CAFile: t.CAFile, CertFile: t.CertFile, KeyFile: t.KeyFile, ServerName: t.ServerName, SkipVerify: t.InsecureSkipVerify}
	}
	if s := k.SASL; s != nil {
		o.SASL = &kafka.SASL{Mechanism: s.Mechanism, User: s.Username, Password: s.Password.Reveal(), Token: s.Token.Reveal()}
	}
	return o
}

func position(o config.OffsetSpec, orLatest bool) kafka.Position {
	switch {
	case o.Keyword == "earliest":
		return kafka.Earliest()
	case o.Offsets != nil:
		return kafka.Exact(o.Offsets)
	case o.Time != nil:
		return kafka.Timestamp(*o.Time, orLatest)
	}
	return kafka.Latest()
}

// BrokersOf describes where a query reads from, for messages.
func BrokersOf(k *config.Kafka) string {
	what := "topics like " + k.TopicPattern
	if k.TopicPattern == "" {
		what = strings.Join(k.Topics, ", ")
	}
	return fmt.Sprintf("%s at %s", what, strings.Join(k.Brokers, ", "))
}
