package kafka

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// UnknownTopicError says that a topic is not there. It is not retryable before the source has seen the topic.
type UnknownTopicError struct {
	Topic   string
	Brokers []string
	Known   bool // it was there before: deleted, or the broker has yet to learn of it
}

func (e *UnknownTopicError) Error() string {
	if e.Known {
		return fmt.Sprintf("topic %s is no longer at %s: was it deleted?", e.Topic, strings.Join(e.Brokers, ","))
	}
	return fmt.Sprintf("there is no topic %s at %s: create it, or correct topics", e.Topic, strings.Join(e.Brokers, ","))
}

// Retryable says whether the topic may come back.
func (e *UnknownTopicError) Retryable() bool { return e.Known }

// UnreachableError says that no broker answered in time.
type UnreachableError struct {
	Brokers []string
	Waited  time.Duration
	Err     error // of the last attempt
}

func (e *UnreachableError) Error() string {
	brokers := strings.Join(e.Brokers, ",")
	if guess, ok := errors.AsType[*kgo.ErrFirstReadEOF](e.Err); ok {
		return fmt.Sprintf("no answer from Kafka at %s within %s: %v", brokers, e.Waited, guess)
	}
	if errors.Is(e.Err, io.EOF) || errors.Is(e.Err, syscall.ECONNRESET) {
		return fmt.Sprintf("Kafka at %s ended each connection for %s: check tls and sasl, and whether this is the port for them", brokers, e.Waited)
	}
	return fmt.Sprintf("no answer from Kafka at %s within %s: %v", brokers, e.Waited, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// AccessError says that the brokers refuse us: wrong credentials, no rights, or TLS that does not match.
type AccessError struct {
	Brokers []string
	What    string // what to check
	Err     error
}

func (e *AccessError) Error() string {
	return fmt.Sprintf("kafka at %s refuses access: %v: check %s", strings.Join(e.Brokers, ","), e.Err, e.What)
}

func (e *AccessError) Unwrap() error { return e.Err }

// BrokerError is a failure of a request that may go away.
type BrokerError struct {
	Op  string
	Err error
}

func (e *BrokerError) Error() string { return fmt.Sprintf("kafka: %s: %v", e.Op, e.Err) }

func (e *BrokerError) Unwrap() error { return e.Err }

// Retryable says that the request may be made again: always, save where the broker says no for good.
func (e *BrokerError) Retryable() bool {
	if ke, ok := errors.AsType[*kerr.Error](e.Err); ok {
		return ke.Retriable
	}
	return !errors.Is(e.Err, kgo.ErrClientClosed)
}

// CorruptBatchError says that a record batch is damaged, on the wire or at the broker.
type CorruptBatchError struct {
	Topic     string
	Partition int32
	Offset    int64 // of its first record
	Err       error
}

func (e *CorruptBatchError) Error() string {
	return fmt.Sprintf("record batch at offset %d of %s/%d is corrupt: %v", e.Offset, e.Topic, e.Partition, e.Err)
}

func (e *CorruptBatchError) Unwrap() error { return e.Err }

// Retryable says that fetching it again may help: the wire may have damaged it.
func (e *CorruptBatchError) Retryable() bool { return true }

// OffsetsError says that starting or ending offsets do not fit the topics.
type OffsetsError struct {
	Option string // starting_offsets or ending_offsets
	Reason string
}

func (e *OffsetsError) Error() string { return fmt.Sprintf("%s: %s", e.Option, e.Reason) }
