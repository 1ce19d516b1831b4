package kafka

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// clientSettings are those of Options.Client that are not kgo's.
type clientSettings struct {
	opts         []kgo.Opt
	maxBytes     int64 // of an answer; 0 is as the memory allows
	maxPartBytes int64 // of a partition in an answer; 0 the same
	maxWait      time.Duration
	minBytes     int32
}

// clientOption applies one option of the Java client.
type clientOption func(*clientSettings, string) error

// clientOptions are those that mean something here.
var clientOptions = map[string]clientOption{
	"client.id":                          text(kgo.ClientID),
	"fetch.max.bytes":                    number(func(c *clientSettings, n int64) { c.maxBytes = n }),
	"max.partition.fetch.bytes":          number(func(c *clientSettings, n int64) { c.maxPartBytes = n }),
	"fetch.max.wait.ms":                  number(func(c *clientSettings, n int64) { c.maxWait = time.Duration(n) * time.Millisecond }),
	"fetch.min.bytes":                    number(func(c *clientSettings, n int64) { c.minBytes = int32(min(n, 1<<30)) }),
	"request.timeout.ms":                 millis(kgo.RequestTimeoutOverhead),
	"default.api.timeout.ms":             millis(kgo.RetryTimeout),
	"connections.max.idle.ms":            millis(kgo.ConnIdleTimeout),
	"socket.connection.setup.timeout.ms": millis(kgo.DialTimeout),
	"metadata.max.age.ms":                millis(kgo.MetadataMaxAge),
	"retry.backoff.ms": millis(func(d time.Duration) kgo.Opt {
		return kgo.RetryBackoffFn(func(int) time.Duration { return d })
	}),
}

// ignoredOptions are known but have no effect, since no consumer group is joined and records are
// not deserialised here.
var ignoredOptions = []string{
	"session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms", "max.poll.records", "group.instance.id",
	"partition.assignment.strategy", "receive.buffer.bytes", "send.buffer.bytes", "reconnect.backoff.ms", "reconnect.backoff.max.ms", "check.crcs",
}

// refusedOptions have a place of their own.
var refusedOptions = map[string]string{
	"bootstrap.servers": "brokers", "group.id": "group_id", "auto.offset.reset": "starting_offsets", "isolation.level": "isolation_level",
	"client.rack": "rack", "security.protocol": "tls and sasl", "sasl.mechanism": "sasl", "sasl.jaas.config": "sasl",
	"enable.auto.commit": "nothing: the sink keeps the offsets", "key.deserializer": "format", "value.deserializer": "format",
}

// ClientOptions lists the names that Options.Client takes.
func ClientOptions() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(clientOptions)), ignoredOptions...)))
}

// UnknownOptionError says that Options.Client has a name or value that is not understood.
type UnknownOptionError struct {
	Name, Reason string
}

func (e *UnknownOptionError) Error() string {
	return fmt.Sprintf("kafka option %s: %s", e.Name, e.Reason)
}

// CheckClientOptions says what is wrong with options for Options.Client: *UnknownOptionError.
func CheckClientOptions(m map[string]string) error {
	_, err := parseClient(m)
	return err
}

func parseClient(m map[string]string) (clientSettings, error) {
	c := clientSettings{maxWait: 500 * time.Millisecond, minBytes: 1}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if instead, ok := refusedOptions[name]; ok {
			return c, &UnknownOptionError{name, "use " + instead + " instead"}
		}
		if slices.Contains(ignoredOptions, name) {
			continue
		}
		apply, ok := clientOptions[name]
		if !ok {
			return c, &UnknownOptionError{name, "not known; there are " + strings.Join(ClientOptions(), ", ")}
		}
		if err := apply(&c, m[name]); err != nil {
			return c, &UnknownOptionError{name, err.Error()}
		}
	}
	return c, nil
}

func text(opt func(string) kgo.Opt) clientOption {
	return func(c *clientSettings, v string) error {
		c.opts = append(c.opts, opt(v))
		return nil
	}
}

func number(set func(*clientSettings, int64)) clientOption {
	return func(c *clientSettings, v string) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a whole number that fits", v)
		}
		set(c, n)
		return nil
	}
}

func millis(opt func(time.Duration) kgo.Opt) clientOption {
	return number(func(c *clientSettings, n int64) {
		c.opts = append(c.opts, opt(time.Duration(n)*time.Millisecond))
	})
}
