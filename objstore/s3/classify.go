package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/ingestd/ingestd/objstore"
	"github.com/minio/minio-go/v7"
)

// class is what an error of one attempt means.
type class struct {
	sentinel  error  // of objstore; nil for none
	transient bool   // another attempt could succeed
	doubtful  bool   // the request may have taken effect, or may yet
	code      string // of S3; "" where no answer came
	hint      string // what to do about it
}

// errTimeout is the end of an attempt that went without an answer for Options.AttemptTimeout.
var errTimeout = errors.New("no answer in time")

func (s *Store) classify(err error) class {
	var resp minio.ErrorResponse
	var dial *net.OpError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &resp):
		return s.classifyResponse(resp)
	case errors.Is(err, errTimeout):
		return class{transient: true, doubtful: true}
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return class{doubtful: true}
	case errors.As(err, &cert) || errors.As(err, &authority):
		return class{hint: "the server's certificate is not trusted: give its authority as the CA file"}
	case errors.Is(err, http.ErrSchemeMismatch):
		return class{hint: "the server speaks plain HTTP: begin the endpoint with http://"}
	case errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial":
		return class{transient: true, hint: s.host + " cannot be reached: check the endpoint and the network"}
	default: // a connection that broke, an answer cut short or garbled
		return class{transient: true, doubtful: true}
	}
}

func (s *Store) classifyResponse(r minio.ErrorResponse) class {
	c := classes[r.Code]
	if c == (class{}) {
		c = statuses[r.StatusCode]
	}
	if c == (class{}) && r.StatusCode >= 500 {
		c = class{transient: true, doubtful: true}
	}
	c.code = r.Code
	switch {
	case errors.Is(c.sentinel, objstore.ErrNoBucket):
		c.hint = fmt.Sprintf("bucket %q does not exist at %s: create it, or correct the URL", s.bucket, s.host)
	case errors.Is(c.sentinel, objstore.ErrPermission) && s.who.anonymous() && !s.opts.Anonymous:
		c.hint = "no credentials were found: set the access key and secret key, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the shared credentials file, or a role"
	case c == class{code: r.Code} && r.Region != "" && r.Region != s.opts.Region:
		c.hint = "the bucket is in region " + r.Region + ": set the region"
	}
	return c
}

var (
	permission = func(hint string) class { return class{sentinel: objstore.ErrPermission, hint: hint} }
	denied     = permission("the credentials do not allow it: check the bucket's policy and the key's (without the right to list, an absent object looks forbidden too)")
	region     = class{hint: "the bucket is in another region: set the region"}
	busy       = class{transient: true}                 // refused before anything was done
	broken     = class{transient: true, doubtful: true} // perhaps done
	full       = class{sentinel: objstore.ErrNoSpace, hint: "the store or its quota is full"}
)

// classes are by code of S3 or MinIO; what is not here goes by status.
var classes = map[string]class{
	"NoSuchKey":                      {sentinel: objstore.ErrNotExist},
	"NoSuchUpload":                   {hint: "the upload was removed while it was under way, by a lifecycle rule or another's abort"},
	"NoSuchBucket":                   {sentinel: objstore.ErrNoBucket},
	"PreconditionFailed":             {sentinel: objstore.ErrPrecondition},
	"ConditionalRequestConflict":     busy, // another conditional put of the key was under way
	"OperationAborted":               busy,
	"InvalidRange":                   {sentinel: objstore.ErrRange},
	"KeyTooLongError":                {sentinel: objstore.ErrKey},
	"XMinioInvalidObjectName":        {sentinel: objstore.ErrKey},
	"NotImplemented":                 {sentinel: objstore.ErrNotSupported},
	"AccessDenied":                   denied,
	"AllAccessDisabled":              denied,
	"InvalidAccessKeyId":             permission("the server does not know the access key: check it (AWS_ACCESS_KEY_ID), and that the endpoint is the right one"),
	"SignatureDoesNotMatch":          permission("the secret key does not fit the access key: check it (AWS_SECRET_ACCESS_KEY)"),
	"ExpiredToken":                   permission("the session token has expired: get a new one"),
	"InvalidToken":                   permission("the session token is not valid: check it (AWS_SESSION_TOKEN)"),
	"RequestTimeTooSkewed":           permission("this machine's clock is wrong: set it"),
	"AuthorizationHeaderMalformed":   region,
	"PermanentRedirect":              region,
	"InvalidRegion":                  region,
	"XMinioStorageFull":              full,
	"XMinioAdminBucketQuotaExceeded": full,
	"QuotaExceeded":                  full,
	"RequestTimeout":                 busy, // our body did not arrive in time
	"SlowDown":                       broken,
	"SlowDownRead":                   broken,
	"SlowDownWrite":                  broken,
	"InternalError":                  broken,
	"XMinioServerNotInitialized":     broken,
}

var statuses = map[int]class{
	http.StatusNotFound:                     {sentinel: objstore.ErrNotExist},
	http.StatusPreconditionFailed:           {sentinel: objstore.ErrPrecondition},
	http.StatusRequestedRangeNotSatisfiable: {sentinel: objstore.ErrRange},
	http.StatusForbidden:                    denied,
	http.StatusUnauthorized:                 denied,
	http.StatusMovedPermanently:             region,
	http.StatusNotImplemented:               {sentinel: objstore.ErrNotSupported},
	http.StatusInsufficientStorage:          full,
	http.StatusConflict:                     busy,
	http.StatusTooManyRequests:              busy,
	http.StatusRequestTimeout:               broken,
	499:                                     broken, // a proxy saw us go
}

// fail is the error that a caller gets for err of an attempt.
func (s *Store) fail(op, key string, err error) error {
	c := s.classify(err)
	if objstore.IsRetryable(err) {
		c.transient = true
	}
	if c.code != "" {
		err = fmt.Errorf("%s: %w", c.code, err)
	}
	if c.hint != "" {
		err = fmt.Errorf("%s: %w", c.hint, err)
	}
	if c.sentinel != nil && !errors.Is(err, c.sentinel) {
		err = fmt.Errorf("%w: %w", c.sentinel, err)
	}
	return s.opError(op, key, err, c.transient)
}

func (s *Store) opError(op, key string, err error, retry bool) error {
	return &objstore.OpError{Op: op, Key: key, Store: s.url, Err: err, Retry: retry}
}
