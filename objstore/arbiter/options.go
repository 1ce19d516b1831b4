package arbiter

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/objstore"
)

// The defaults are those of Spark's S3DynamoDBLogStore.
const (
	DefaultTable      = "delta_log"
	DefaultRegion     = "us-east-1"
	DefaultScheme     = "s3a"
	DefaultThroughput = 5
	DefaultTTL        = 24 * time.Hour
)

// Options say where the DynamoDB table is. The zero Options are Spark's defaults, with credentials by the usual chain.
// They print without their secrets.
type Options struct {
	// Table is the name of the DynamoDB table. It is made by the first commit where it does not exist.
	Table string
	// Region of DynamoDB; it is a default of its own and not that of the bucket.
	Region string
	// Endpoint is the URL of what stands in for DynamoDB. Default: AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, then AWS.
	Endpoint string
	// AccessKey, SecretKey and SessionToken; default: environment, shared files, the role of the machine, pod or container.
	AccessKey, SecretKey, SessionToken string

	// Scheme is how the other writers spell the Delta table's URL: "s3a" for open-source Spark, "s3" where their paths begin
	// with s3://. It is part of the key in DynamoDB. URLs other than of S3 are spelled as Hadoop does (file:/path).
	Scheme string
	// OnDemand makes a new table pay by request; else it has ReadCapacity and WriteCapacity, each 5 by default.
	OnDemand                    bool
	ReadCapacity, WriteCapacity int64
	// TTL is how long a complete entry is kept at least.
	TTL time.Duration

	MaxAttempts int               // of one request; default 5
	Transport   http.RoundTripper // default the client library's
	Logger      *slog.Logger      // default discards
	Now         func() time.Time
	NewID       func() string // unique for each commit; default a random UUID
	Sleep       func(ctx context.Context, d time.Duration) error
}

func (o Options) withDefaults() (Options, error) {
	o.Table = cmp.Or(o.Table, DefaultTable)
	o.Region = cmp.Or(o.Region, DefaultRegion)
	o.Scheme = cmp.Or(o.Scheme, DefaultScheme)
	o.ReadCapacity = cmp.Or(o.ReadCapacity, DefaultThroughput)
	o.WriteCapacity = cmp.Or(o.WriteCapacity, DefaultThroughput)
	o.TTL = cmp.Or(o.TTL, DefaultTTL)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 5)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Sleep == nil {
		o.Sleep = objstore.Sleep
	}
	switch {
	case o.Scheme != "s3" && o.Scheme != "s3a" && o.Scheme != "s3n":
		return o, fmt.Errorf("scheme %q of the commit arbiter: it is s3a, s3 or s3n, as the other writers spell the table", o.Scheme)
	case (o.AccessKey == "") != (o.SecretKey == ""):
		return o, fmt.Errorf("access key and secret key of DynamoDB are needed together: one of them is missing")
	case o.ReadCapacity < 0 || o.WriteCapacity < 0 || o.TTL < 0 || o.MaxAttempts < 0:
		return o, fmt.Errorf("capacity, time to live and attempts of the commit arbiter must be positive")
	}
	return o, nil
}

// String shows the options without their secrets.
func (o Options) String() string {
	creds := "chain"
	if o.AccessKey != "" {
		creds = "static"
	}
	return fmt.Sprintf("arbiter.Options{table=%s region=%s scheme=%s credentials=%s}", o.Table, o.Region, o.Scheme, creds)
}

// GoString is String, so that %#v shows no secret.
func (o Options) GoString() string { return o.String() }

// LogValue implements slog.LogValuer without the secrets.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// MarshalJSON shows no secret; options are not read back from JSON.
func (o Options) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", o.String()), nil }
