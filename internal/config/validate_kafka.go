package config

import (
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func (v *validator) kafka(k *Kafka, key string) {
	if len(k.Brokers) == 0 {
		v.at(join(key, "brokers"), "is missing; name at least one: [\"127.0.0.1:9092\"]")
	}
	for i, b := range k.Brokers {
		if _, port, err := net.SplitHostPort(b); err != nil || port == "" {
			v.at(join(key, "brokers")+"["+itoa(i)+"]", "must be host:port, not %q", b)
		}
	}
	switch {
	case len(k.Topics) == 0 && k.TopicPattern == "":
		v.at(join(key, "topics"), "is missing; name topics, or a topic_pattern")
	case len(k.Topics) > 0 && k.TopicPattern != "":
		v.at(join(key, "topic_pattern"), "stands beside topics; take one of them")
	case k.TopicPattern != "":
		if _, err := regexp.Compile(k.TopicPattern); err != nil {
			v.at(join(key, "topic_pattern"), "is not a regular expression: %v", err)
		}
	}
	v.atLeast(join(key, "max_offsets_per_trigger"), k.MaxOffsetsPerTrigger, 1)
	v.atLeast(join(key, "min_offsets_per_trigger"), k.MinOffsetsPerTrigger, 1)
	v.atLeast(join(key, "min_partitions"), int64(k.MinPartitions), 1)
	if k.MaxOffsetsPerTrigger > 0 && k.MinOffsetsPerTrigger > k.MaxOffsetsPerTrigger {
		v.at(join(key, "min_offsets_per_trigger"), "is more than max_offsets_per_trigger (%d)", k.MaxOffsetsPerTrigger)
	}
	if k.IsolationLevel == "" {
		k.IsolationLevel = "read_committed"
	}
	v.oneOf(join(key, "isolation_level"), k.IsolationLevel, "read_committed", "read_uncommitted")
	if k.FailOnDataLoss == nil {
		strict := true
		k.FailOnDataLoss = &strict
	}
	if k.StartingTimestampStrategy == "" {
		k.StartingTimestampStrategy = "error"
	}
	v.oneOf(join(key, "starting_offsets_by_timestamp_strategy"), k.StartingTimestampStrategy, "error", "latest")
	if t := k.TLS; t != nil && (t.CertFile == "") != (t.KeyFile == "") {
		v.at(join(key, "tls"), "cert_file and key_file belong together")
	}
	if k.SASL != nil {
		v.sasl(k.SASL, join(key, "sasl"))
	}
}

func (v *validator) sasl(s *SASL, key string) {
	mechanisms := []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "AWS_MSK_IAM"}
	s.Mechanism = strings.ToUpper(s.Mechanism)
	v.oneOf(join(key, "mechanism"), s.Mechanism, mechanisms...)
	switch s.Mechanism {
	case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
		if s.Username == "" || s.Password == "" {
			v.at(key, "%s needs username and password; keep the password out of the file: password: ${KAFKA_PASSWORD}", s.Mechanism)
		}
	case "OAUTHBEARER":
		if s.Token == "" {
			v.at(key, "OAUTHBEARER needs token")
		}
	}
}

func (v *validator) trigger(q *Query, key string) {
	t, tkey := q.Trigger, join(key, "trigger")
	n := 0
	for _, set := range []bool{t.ProcessingTime != nil, t.Once, t.AvailableNow} {
		if set {
			n++
		}
	}
	if n > 1 {
		v.at(tkey, "names more than one trigger; take one of processing_time, once, available_now")
	}
	if k := q.Source.Kafka; k != nil && !k.EndingOffsets.IsZero() && !t.Once && !t.AvailableNow {
		v.at(join(key, "source.kafka.ending_offsets"), "needs a trigger that ends: once or available_now")
	}
}

func (v *validator) batch(b Batch, key string) {
	v.atLeast(join(key, "max_rows"), b.MaxRows, 1)
	v.atLeast(join(key, "max_bytes"), int64(b.MaxBytes), 1)
	if v.has(join(key, "max_age")) && b.MaxAge < time.Millisecond {
		v.at(join(key, "max_age"), "must be at least 1ms")
	}
}

func itoa(i int) string { return strconv.Itoa(i) }
