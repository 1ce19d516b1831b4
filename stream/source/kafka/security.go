package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/aws"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// TLS says how brokers are trusted. The zero value trusts the system's authorities.
type TLS struct {
	CAFile     string // PEM; trusted instead of the system's authorities
	CertFile   string // PEM; our own certificate, with KeyFile
	KeyFile    string
	ServerName string // expected in the brokers' certificates instead of their host names
	SkipVerify bool   // trusts anyone: for tests
}

// config reads the files.
func (t *TLS) config() (*tls.Config, error) {
	c := &tls.Config{ServerName: t.ServerName, InsecureSkipVerify: t.SkipVerify, MinVersion: tls.VersionTLS12} //nolint:gosec // the user asks for it
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka source: tls ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka source: tls ca: %s holds no PEM certificate", t.CAFile)
		}
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		return nil, errors.New("kafka source: tls cert and key belong together")
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("kafka source: tls cert: %w", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

// SASL says who we are.
type SASL struct {
	Mechanism  string // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, AWS_MSK_IAM
	User       string
	Password   string
	Token      string                                    // of OAUTHBEARER
	TokenFunc  func(ctx context.Context) (string, error) // gives a fresh token for each connection, instead of Token
	Extensions map[string]string                         // of OAUTHBEARER
}

// SASLMechanisms lists the mechanisms that there are.
func SASLMechanisms() []string {
	return []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "AWS_MSK_IAM"}
}

func (o *Options) mechanism() (sasl.Mechanism, error) {
	s := o.SASL
	switch s.Mechanism {
	case "PLAIN":
		return plain.Auth{User: s.User, Pass: s.Password}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: s.User, Pass: s.Password}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: s.User, Pass: s.Password}.AsSha512Mechanism(), nil
	case "OAUTHBEARER":
		return oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
			token := s.Token
			if s.TokenFunc != nil {
				var err error
				if token, err = s.TokenFunc(ctx); err != nil {
					return oauth.Auth{}, err
				}
			}
			return oauth.Auth{Token: token, Extensions: s.Extensions}, nil
		}), nil
	case "AWS_MSK_IAM":
		return aws.ManagedStreamingIAM(o.awsAuth), nil
	default:
		return nil, fmt.Errorf("kafka source: sasl mechanism %q is not one of %v", s.Mechanism, SASLMechanisms())
	}
}

func (o *Options) awsAuth(ctx context.Context) (aws.Auth, error) {
	a := aws.Auth{AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	if o.AWSCredentials != nil {
		var err error
		if a.AccessKey, a.SecretKey, a.SessionToken, err = o.AWSCredentials(ctx); err != nil {
			return a, err
		}
	}
	if a.AccessKey == "" || a.SecretKey == "" {
		return a, errors.New("AWS credentials are missing: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return a, nil
}

// securityOpts are the options of TLS and SASL.
func (o *Options) securityOpts() ([]kgo.Opt, error) {
	var opts []kgo.Opt
	if o.TLS != nil {
		c, err := o.TLS.config()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(c))
	}
	if o.SASL != nil {
		m, err := o.mechanism()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.SASL(m))
	}
	return opts, nil
}
