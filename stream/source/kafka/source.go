package kafka

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/stream"
)

// Source implements stream.Source. Make one with New.
type Source struct {
	opts     Options
	settings clientSettings
	pattern  *regexp.Regexp
	client   *kgo.Client
	dials    *dialWatch

	connected bool
	cluster   cluster        // the newest view of topics and leaders
	end       stream.Offsets // of ending_offsets; nil where there is no end
	skipped   atomic.Int64   // offsets that were lost and skipped

	reader reader
	stop   context.CancelFunc
	life   context.Context // of the source: for fetches between reads
	closed sync.Once
}

// New makes a source. It does not connect: the first call that needs a broker does.
func New(opts Options) (*Source, error) {
	opts, pattern, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Source{opts: opts, pattern: pattern, dials: &dialWatch{}}
	if s.settings, err = parseClient(opts.Client); err != nil {
		return nil, err
	}
	security, err := opts.securityOpts()
	if err != nil {
		return nil, err
	}
	kopts := []kgo.Opt{
		kgo.SeedBrokers(opts.Brokers...),
		kgo.ClientID("ingestd"),
		kgo.WithHooks(append([]kgo.Hook{s.dials}, opts.Hooks...)...),
		kgo.RequestRetries(5),
		kgo.RetryTimeout(15 * time.Second),
		kgo.BrokerMaxReadBytes(1 << 30), // an answer is bounded by what is asked; one batch may be larger
	}
	kopts = append(kopts, security...)
	kopts = append(kopts, s.settings.opts...)
	kopts = append(kopts, opts.KgoOptions...)
	if s.client, err = kgo.NewClient(kopts...); err != nil {
		return nil, fmt.Errorf("kafka source: %w", err)
	}
	s.life, s.stop = context.WithCancel(context.Background())
	s.reader.init(s)
	return s, nil
}

// Name implements stream.Source.
func (s *Source) Name() string {
	if s.pattern != nil {
		return fmt.Sprintf("KafkaV2[SubscribePattern[%s]]", s.opts.TopicPattern)
	}
	return fmt.Sprintf("KafkaV2[Subscribe[%s]]", strings.Join(s.opts.Topics, ", "))
}

// Start implements stream.Source by starting_offsets. Errors: *OffsetsError when they do not fit the topics,
// *stream.DataLossError when an exact offset is not there, and those of Latest.
func (s *Source) Start(ctx context.Context) (stream.Offsets, error) {
	if err := s.refresh(ctx, -1); err != nil {
		return nil, err
	}
	return s.resolve(ctx, "starting_offsets", s.opts.StartingOffsets)
}

// Earliest implements stream.Source. Errors as Latest.
func (s *Source) Earliest(ctx context.Context, partitions []string) (stream.Offsets, error) {
	if err := s.refresh(ctx, s.opts.MetadataMaxAge); err != nil {
		return nil, err
	}
	asks := map[topicPartition]int64{}
	for _, name := range partitions {
		tp, err := parsePartition(name)
		if err != nil {
			return nil, err
		}
		asks[tp] = askEarliest
	}
	got, err := s.list(ctx, asks)
	if err != nil {
		return nil, err
	}
	return named(got), nil
}

// Latest implements stream.Source. Errors: *UnreachableError, *AccessError and *UnknownTopicError, each one clear
// line; *BrokerError, mostly retryable; *stream.DataLossError.
func (s *Source) Latest(ctx context.Context, at stream.Offsets) (stream.Offsets, error) {
	if err := s.refresh(ctx, s.opts.MetadataMaxAge); err != nil {
		return nil, err
	}
	asks := map[topicPartition]int64{}
	for _, tp := range s.cluster.partitions() {
		asks[tp] = askLatest
	}
	got, err := s.list(ctx, asks)
	if err != nil {
		return nil, err
	}
	latest := named(got)
	if err := s.clip(ctx, latest, at); err != nil {
		return nil, err
	}
	return latest, s.checkLoss(ctx, latest, at)
}

// checkLoss looks for partitions that now end before the query's position, or belong to another topic of the same name.
func (s *Source) checkLoss(ctx context.Context, latest, at stream.Offsets) error {
	recreated := s.cluster.takeRecreated()
	for _, name := range latest.Partitions() {
		pos, ok := at[name]
		if !ok {
			continue
		}
		tp, err := parsePartition(name)
		if err != nil {
			return err
		}
		end := latest[name]
		if end >= pos && (!recreated[tp.topic] || pos == 0) {
			continue
		}
		if s.opts.FailOnDataLoss {
			first, err := s.list(ctx, map[topicPartition]int64{tp: askEarliest})
			if err != nil {
				return err
			}
			s.cluster.forgetTopic(tp.topic, recreated[tp.topic]) // so that it is found again by the next call
			return &stream.DataLossError{Partition: name, Wanted: pos, Earliest: first[tp], Latest: end}
		}
		s.opts.Logger.Warn("records were lost: the topic was recreated or truncated", "partition", name, "position", pos, "end", end)
	}
	return nil
}

// Commit implements stream.Source: it commits o to the consumer group, where one is set.
func (s *Source) Commit(ctx context.Context, o stream.Offsets) error {
	if s.opts.GroupID == "" || len(o) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	var offsets kadm.Offsets
	for name, at := range o {
		tp, err := parsePartition(name)
		if err != nil {
			return err
		}
		offsets.AddOffset(tp.topic, tp.partition, at, -1)
	}
	err := kadm.NewClient(s.client).CommitAllOffsets(ctx, s.opts.GroupID, offsets)
	if err != nil {
		return fmt.Errorf("commit offsets to consumer group %s: %w", s.opts.GroupID, err)
	}
	return nil
}

// commitTimeout keeps a courtesy from holding up the batches.
const commitTimeout = 5 * time.Second

// Skipped counts the offsets that were lost and, as fail_on_data_loss is off, skipped.
func (s *Source) Skipped() int64 { return s.skipped.Load() }

// Close implements stream.Source.
func (s *Source) Close() error {
	s.closed.Do(func() {
		s.stop()
		s.reader.close()
		s.client.Close()
	})
	return nil
}
