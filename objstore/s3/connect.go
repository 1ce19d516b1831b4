package s3

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// NewTransport is the transport of stores with these options. Its idle connections stay open for
// a minute, or until CloseIdleConnections.
func NewTransport(o Options) (*http.Transport, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.SkipVerify}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("certificate authorities: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificate authorities: %s holds no PEM certificate", o.CAFile)
		}
		conf.RootCAs = pool
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       conf,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: 5 * time.Second,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       time.Minute,
		DisableCompression:    true, // the bytes and sizes of objects are wanted as they are
	}, nil
}

// connect makes the client. It sends nothing. MaxRetries 1 switches the client's own retries off:
// a conditional put that it repeats after a lost answer would look like a lost race.
func connect(o Options) (core *minio.Core, who *provider, err error) {
	host, secure, aws, err := o.host()
	if err != nil {
		return nil, nil, err
	}
	if o.Region == "" && !aws {
		o.Region = "us-east-1"
	}
	lookup := minio.BucketLookupAuto
	if o.PathStyle || !aws {
		lookup = minio.BucketLookupPath
	}
	who = newProvider(o)
	core, err = minio.NewCore(host, &minio.Options{
		Creds:        credentials.New(who),
		Secure:       secure,
		Transport:    o.Transport,
		Region:       o.Region,
		BucketLookup: lookup,
		MaxRetries:   1,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("endpoint %q: %w", host, err)
	}
	core.SetAppInfo("ingestd", "1")
	return core, who, nil
}

// provider gets the credentials and remembers that there were none, so that not every request
// asks the machine's metadata service anew.
type provider struct {
	from credentials.Provider
	now  func() time.Time

	mu    sync.Mutex
	none  bool
	until time.Time // while none
}

func newProvider(o Options) *provider {
	p := &provider{now: time.Now}
	switch {
	case o.Anonymous:
		p.from = &credentials.Static{Value: credentials.Value{SignerType: credentials.SignatureAnonymous}}
	case o.AccessKey != "":
		p.from = &credentials.Static{Value: credentials.Value{
			AccessKeyID: o.AccessKey, SecretAccessKey: o.SecretKey, SessionToken: o.SessionToken, SignerType: credentials.SignatureV4,
		}}
	default:
		p.from = &credentials.Chain{Providers: []credentials.Provider{
			&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{},
			&credentials.IAM{Client: &http.Client{Timeout: 5 * time.Second}, Region: o.Region},
		}}
	}
	return p
}

// RetrieveWithCredContext implements credentials.Provider.
func (p *provider) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	v, err := p.from.RetrieveWithCredContext(cc)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.none = err == nil && v.AccessKeyID == ""
	p.until = p.now().Add(time.Minute)
	return v, err
}

// Retrieve implements credentials.Provider.
func (p *provider) Retrieve() (credentials.Value, error) { return p.RetrieveWithCredContext(nil) }

// IsExpired implements credentials.Provider.
func (p *provider) IsExpired() bool {
	p.mu.Lock()
	none, until := p.none, p.until
	p.mu.Unlock()
	if none {
		return p.now().After(until)
	}
	return p.from.IsExpired()
}

// anonymous says that the last look found no credentials.
func (p *provider) anonymous() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.none
}
