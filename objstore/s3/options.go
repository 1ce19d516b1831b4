package s3

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

// Options say how to reach a bucket. The zero Options are AWS, with credentials by the usual
// chain. They print without their secrets.
type Options struct {
	// Endpoint is a URL such as http://127.0.0.1:9000, or host:port. Default: AWS_ENDPOINT_URL_S3,
	// AWS_ENDPOINT_URL, then AWS.
	Endpoint string
	// Insecure talks plain HTTP to an Endpoint that has no scheme.
	Insecure bool
	// Region of the bucket. Default: AWS_REGION, AWS_DEFAULT_REGION, then the bucket is asked (AWS)
	// or us-east-1 (others).
	Region string
	// PathStyle puts the bucket into the path instead of the host name; what is not AWS always has it so.
	PathStyle bool

	// AccessKey, SecretKey and SessionToken. Default: the environment (AWS_ACCESS_KEY_ID...,
	// MINIO_ROOT_USER...), the shared credentials file, the role of the machine, pod or container.
	AccessKey, SecretKey, SessionToken string
	// Anonymous sends no credentials at all, for public buckets.
	Anonymous bool

	// CAFile is a PEM file with further certificate authorities to trust; SkipVerify trusts any.
	CAFile     string
	SkipVerify bool

	// PartSize in bytes of uploads in parts, from 5 MiB; default 8 MiB. An object has at most 10,000 parts.
	PartSize int64
	// UploadParallelism is how many parts of one put are sent at once; default 4.
	UploadParallelism int

	// MaxAttempts of one request before its error is reported; default 10, which takes some 15 s.
	MaxAttempts int
	// AttemptTimeout is how long one request may go without an answer, and a body without a
	// byte; default 60 s.
	AttemptTimeout time.Duration
	// TrustConditions leaves out the probe for conditional puts; see the package comment.
	TrustConditions bool

	// Transport carries the requests; default NewTransport. One can serve many stores.
	Transport http.RoundTripper
	// Sleep waits before another attempt, or until ctx ends; default real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Jitter in [0, 1) spreads those waits; default math/rand. Called from many goroutines.
	Jitter func() float64
}

const minPartSize = 5 << 20 // S3 refuses smaller parts, except for the last

func (o Options) withDefaults() (Options, error) {
	o.Endpoint = cmp.Or(o.Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"))
	o.Region = cmp.Or(o.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	o.PartSize = cmp.Or(o.PartSize, 8<<20)
	o.UploadParallelism = cmp.Or(o.UploadParallelism, 4)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 10)
	o.AttemptTimeout = cmp.Or(o.AttemptTimeout, time.Minute)
	if o.Sleep == nil {
		o.Sleep = objstore.Sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	switch {
	case o.PartSize < minPartSize || o.PartSize > 5<<30:
		return o, fmt.Errorf("part size of %d bytes: it must be from 5 MiB to 5 GiB", o.PartSize)
	case o.UploadParallelism < 1 || o.MaxAttempts < 1 || o.AttemptTimeout < 0:
		return o, fmt.Errorf("upload parallelism, attempts and timeout must be positive")
	case (o.AccessKey == "") != (o.SecretKey == ""):
		return o, fmt.Errorf("access key and secret key are needed together: one of them is missing")
	case o.Anonymous && o.AccessKey != "":
		return o, fmt.Errorf("anonymous excludes an access key")
	}
	return o, nil
}

// host splits the endpoint. aws is true where it is AWS itself.
func (o Options) host() (host string, secure, aws bool, err error) {
	if o.Endpoint == "" {
		return "s3.amazonaws.com", true, true, nil
	}
	secure = !o.Insecure
	host = o.Endpoint
	if strings.Contains(o.Endpoint, "://") {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return "", false, false, fmt.Errorf("endpoint %q: such as http://127.0.0.1:9000 or https://s3.example.com is needed", redacted(o.Endpoint))
		}
		host, secure = u.Host, u.Scheme == "https"
	}
	name, _, _ := strings.Cut(host, ":")
	return host, secure, strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".amazonaws.com.cn"), nil
}

// redacted is an endpoint or URL without a user and password that someone wrote into it.
func redacted(rawURL string) string {
	if i := strings.LastIndexByte(rawURL, '@'); i >= 0 {
		return "...@" + rawURL[i+1:]
	}
	return rawURL
}

// String shows the options without their secrets.
func (o Options) String() string {
	creds := "chain"
	switch {
	case o.Anonymous:
		creds = "anonymous"
	case o.AccessKey != "":
		creds = "static"
	}
	return fmt.Sprintf("s3.Options{endpoint=%s region=%s credentials=%s}", redacted(o.Endpoint), o.Region, creds)
}

// GoString is String, so that %#v shows no secret.
func (o Options) GoString() string { return o.String() }

// LogValue implements slog.LogValuer without the secrets.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// MarshalJSON shows no secret; options are not read back from JSON.
func (o Options) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", o.String()), nil }
