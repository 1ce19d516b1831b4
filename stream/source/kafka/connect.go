package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// dialWatch remembers why the last connection failed: kgo retries, and then tells only that time is up.
type dialWatch struct {
	mu  sync.Mutex
	err error
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (d *dialWatch) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil || !isContext(err) {
		d.err = err
	}
}

func (d *dialWatch) last() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// pingEvery is the pause between attempts to reach a broker at the start.
const pingEvery = 250 * time.Millisecond

// connect waits for the first answer of any broker.
func (s *Source) connect(ctx context.Context) error {
	if s.connected {
		return nil
	}
	limit, cancel := context.WithTimeout(ctx, s.opts.StartupTimeout)
	defer cancel()
	for {
		err := s.client.Ping(limit)
		if err == nil {
			s.connected = true
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if refused := s.refused(err); refused != nil {
			return refused
		}
		select {
		case <-limit.Done():
			if why := s.dials.last(); why != nil {
				err = why
			}
			return &UnreachableError{Brokers: s.opts.Brokers, Waited: s.opts.StartupTimeout, Err: err}
		case <-time.After(pingEvery):
		}
	}
}

// refused recognises errors that no waiting mends: credentials, rights, TLS.
func (s *Source) refused(err error) error {
	access := func(what string) error { return &AccessError{Brokers: s.opts.Brokers, What: what, Err: err} }
	if why := s.dials.last(); why != nil && isContext(err) {
		err = why
	}
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return access("user and password in sasl")
	case errors.Is(err, kerr.IllegalSaslState):
		return access("whether this port is one for sasl")
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return access("mechanism in sasl")
	case errors.Is(err, kerr.ClusterAuthorizationFailed), errors.Is(err, kerr.TopicAuthorizationFailed):
		return access("the rights of the user in sasl")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return access("ca_file and server_name in tls")
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return access("ca_file in tls")
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return access("tls: the broker does not speak it at this port")
	}
	return nil
}

// wrap says what an error of a request means.
func (s *Source) wrap(op string, err error) error {
	if err == nil || isContext(err) {
		return err
	}
	if refused := s.refused(err); refused != nil {
		return refused
	}
	return &BrokerError{Op: op, Err: err}
}
