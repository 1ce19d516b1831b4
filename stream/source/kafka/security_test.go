package kafka_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/stream/source/kafka"
)

func TestSASL(t *testing.T) {
	c := cluster(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "ann", "secret"), kfake.Superuser("SCRAM-SHA-256", "ann", "secret"), kfake.Superuser("SCRAM-SHA-512", "ann", "secret"))
	mechanisms := []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}
	for _, mechanism := range mechanisms {
		o := options(c)
		o.SASL = &kafka.SASL{Mechanism: mechanism, User: "ann", Password: "secret"}
		latest(t, source(t, o), nil)
	}
	// kfake hangs up on a wrong password; Kafka says so.
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return resp, nil, true
	})
	for _, mechanism := range mechanisms {
		o := options(c)
		o.SASL = &kafka.SASL{Mechanism: mechanism, User: "ann", Password: "guess"}
		_, err := source(t, o).Latest(t.Context(), nil)
		var refused *kafka.AccessError
		if !errors.As(err, &refused) || objstore.IsRetryable(err) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "guess") || !strings.Contains(err.Error(), c.ListenAddrs()[0]) {
			t.Errorf("%s: error %v", mechanism, err)
		}
	}
	o := options(c)
	o.StartupTimeout = time.Millisecond
	var unreachable *kafka.UnreachableError
	if _, err := source(t, o).Latest(t.Context(), nil); !errors.As(err, &unreachable) || objstore.IsRetryable(err) {
		t.Errorf("without credentials: error %v", err)
	}
}

func TestMechanismsAreChecked(t *testing.T) {
	for _, m := range kafka.SASLMechanisms() {
		o := kafka.Options{Brokers: []string{"localhost:1"}, Topics: []string{"t"}, SASL: &kafka.SASL{Mechanism: m}}
		source(t, o)
	}
	o := kafka.Options{Brokers: []string{"localhost:1"}, Topics: []string{"t"}, SASL: &kafka.SASL{Mechanism: "GSSAPI"}}
	if _, err := kafka.New(o); err == nil || !strings.Contains(err.Error(), "SCRAM-SHA-512") {
		t.Errorf("error %v", err)
	}
}

// certificate makes a self-signed certificate for 127.0.0.1, and its PEM file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestTLS(t *testing.T) {
	cert, ca := certificate(t)
	c := cluster(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	o := options(c)
	for name, good := range map[string]*kafka.TLS{"ca": {CAFile: ca}, "any": {SkipVerify: true}} {
		o.TLS = good
		if got := latest(t, source(t, o), nil); len(got) != 3 {
			t.Errorf("%s: latest is %v", name, got)
		}
	}
	for name, bad := range map[string]*kafka.TLS{"no ca": {}, "other name": {CAFile: ca, ServerName: "kafka.example"}} {
		o.TLS = bad
		_, err := source(t, o).Latest(t.Context(), nil)
		var refused *kafka.AccessError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "tls") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, bad := range map[string]*kafka.TLS{"no file": {CAFile: "/none"}, "half": {CertFile: ca}, "not a certificate": {CAFile: os.Args[0]}, "not a key": {CertFile: ca, KeyFile: ca}} {
		o.TLS = bad
		if _, err := kafka.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAPlainPortSpokenToInTLS(t *testing.T) {
	c := cluster(t)
	o := options(c)
	o.TLS = &kafka.TLS{SkipVerify: true}
	o.StartupTimeout = 100 * time.Millisecond
	if _, err := source(t, o).Latest(t.Context(), nil); err == nil || objstore.IsRetryable(err) {
		t.Errorf("error %v", err)
	}
}

func TestAnUnreachableBrokerIsOneClearLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	o := kafka.Options{Brokers: []string{addr}, Topics: []string{"t"}, StartupTimeout: 50 * time.Millisecond}
	_, err = source(t, o).Latest(t.Context(), nil)
	var unreachable *kafka.UnreachableError
	if !errors.As(err, &unreachable) || objstore.IsRetryable(err) || !strings.Contains(err.Error(), addr) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func TestAMissingTopicIsNamed(t *testing.T) {
	c := cluster(t)
	o := options(c)
	o.Topics = []string{"events", "missing"}
	_, err := source(t, o).Start(t.Context())
	var unknown *kafka.UnknownTopicError
	if !errors.As(err, &unknown) || unknown.Topic != "missing" || objstore.IsRetryable(err) || !strings.Contains(err.Error(), c.ListenAddrs()[0]) {
		t.Errorf("error %v", err)
	}
}

func TestABrokerThatGoesAwayMayComeBack(t *testing.T) {
	c := cluster(t)
	fill(t, c, 3)
	o := options(c)
	o.Client["default.api.timeout.ms"] = "50"
	o.Client["retry.backoff.ms"] = "5"
	s := source(t, o)
	latest(t, s, nil)
	c.Close()
	if _, err := s.Latest(t.Context(), nil); !objstore.IsRetryable(err) {
		t.Errorf("error %v is not retryable", err)
	}
}
