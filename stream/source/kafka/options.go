package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Options say what is read and how. Brokers and one of Topics and TopicPattern are needed.
type Options struct {
	Brokers []string // host:port
	Topics  []string
	// TopicPattern is a regular expression that a topic's whole name must match, as in Spark's
	// subscribePattern. Topics that appear later and match are found. Internal topics never match.
	TopicPattern string

	// StartingOffsets is where a query without progress begins; the zero value is Latest, as in
	// Spark's streaming queries.
	StartingOffsets Position
	// EndingOffsets is where the source ends for ever, for queries that run once; zero is Latest: no end.
	EndingOffsets Position
	// FailOnDataLoss makes an error of records that are gone before they were read. Spark's
	// default is true; so is that of the pipeline file.
	FailOnDataLoss bool
	// MinPartitions is into how many chunks a range is cut at the least, where its record batches
	// allow that. Each chunk is decoded by one worker: what Spark's minPartitions does for tasks.
	MinPartitions int
	// GroupID, where set, is the consumer group to which finished offsets are committed, so that lag
	// monitors see them. Nothing is read from it, and no group is joined.
	GroupID string
	// ReadUncommitted also reads records of transactions that are open or were aborted. Spark reads
	// them by default; here aborted records stay out unless they are asked for.
	ReadUncommitted bool
	// Rack lets partitions be read from replicas nearby (Kafka's client.rack).
	Rack string

	TLS  *TLS  // nil is plain text
	SASL *SASL // nil is none

	// Client passes on well-known options of the Java client by their names, without "kafka.": see ClientOptions.
	Client map[string]string

	// Memory bounds the bytes that are fetched and not given back; 0 is 64 MiB. One record batch
	// that is larger is fetched alone.
	Memory int64
	// MetadataMaxAge is how old the list of partitions may be when Latest is asked; 0 is one
	// second, negative asks each time.
	MetadataMaxAge time.Duration
	// StartupTimeout is how long the first answer of any broker is waited for; 0 is 15 s.
	StartupTimeout time.Duration
	// AWSCredentials gives credentials for SASL mechanism AWS_MSK_IAM; nil takes AWS_ACCESS_KEY_ID,
	// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN from the environment.
	AWSCredentials func(ctx context.Context) (accessKey, secretKey, sessionToken string, err error)

	// Hooks are given to the client, for metrics (kprom's are such).
	Hooks []kgo.Hook
	// KgoOptions come last and override all else; for tests.
	KgoOptions []kgo.Opt
	Logger     *slog.Logger     // nil discards
	Now        func() time.Time // nil is time.Now
}

const (
	defaultMemory         = 64 << 20
	minMemory             = 4 << 20
	defaultMetadataMaxAge = time.Second
	defaultStartupTimeout = 15 * time.Second
)

// withDefaults checks o and fills in what was left out.
func (o Options) withDefaults() (Options, *regexp.Regexp, error) {
	if len(o.Brokers) == 0 {
		return o, nil, errors.New("kafka source: brokers are missing")
	}
	if (len(o.Topics) == 0) == (o.TopicPattern == "") {
		return o, nil, errors.New("kafka source: give either topics or topic_pattern")
	}
	pattern, err := compilePattern(o.TopicPattern)
	if err != nil {
		return o, nil, err
	}
	if err := o.EndingOffsets.checkEnd(); err != nil {
		return o, nil, err
	}
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	o.Memory = max(o.Memory, minMemory)
	if o.MetadataMaxAge == 0 {
		o.MetadataMaxAge = defaultMetadataMaxAge
	}
	if o.StartupTimeout == 0 {
		o.StartupTimeout = defaultStartupTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, pattern, nil
}

// compilePattern anchors a pattern; nil for none.
func compilePattern(p string) (*regexp.Regexp, error) {
	if p == "" {
		return nil, nil
	}
	re, err := regexp.Compile("^(?:" + p + ")$")
	if err != nil {
		return nil, fmt.Errorf("kafka source: topic_pattern %q: %w (lookaround and backreferences of Java's syntax are not supported)", p, err)
	}
	return re, nil
}

// CheckPattern says what is wrong with a topic pattern.
func CheckPattern(p string) error {
	_, err := compilePattern(p)
	return err
}
