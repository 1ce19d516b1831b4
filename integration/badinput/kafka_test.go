//go:build integration

package badinput

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/ingestd/ingestd/integration/parts"
)

func TestABrokerThatCannotBeReadFrom(t *testing.T) {
	t.Parallel()
	kafka := parts.SharedKafka(t)
	sasl := func(mechanism, user, password string) string {
		return fmt.Sprintf(", sasl: {mechanism: %s, username: %s, password: %q}", mechanism, user, password)
	}
	secure, ca := tlsPort(t)
	for name, tt := range map[string]struct {
		setting
		texts []string
	}{
		"missing topic":           {setting{topic: "nowhere"}, []string{"there is no topic nowhere at " + kafka.Addr, "create it, or correct topics"}},
		"unreachable":             {setting{brokers: "127.0.0.1:1"}, []string{"no answer from Kafka at 127.0.0.1:1 within 15s", "connection refused"}},
		"no such host":            {setting{brokers: "kafka.invalid:9092"}, []string{"no answer from Kafka at kafka.invalid:9092", "no such host"}},
		"wrong password":          {setting{brokers: kafka.SASLAddr, kafka: sasl("PLAIN", kafka.User, secret)}, []string{"refuses access", "check user and password in sasl"}},
		"wrong user":              {setting{brokers: kafka.SASLAddr, kafka: sasl("PLAIN", "nobody", secret)}, []string{"refuses access", "check user and password in sasl"}},
		"wrong mechanism":         {setting{brokers: kafka.SASLAddr, kafka: sasl("SCRAM-SHA-256", kafka.User, secret)}, []string{"refuses access", "check mechanism in sasl"}},
		"no SASL where it is due": {setting{brokers: kafka.SASLAddr}, []string{"Kafka at " + kafka.SASLAddr, "sasl"}},
		"SASL where there is not": {setting{kafka: sasl("PLAIN", kafka.User, secret)}, []string{"refuses access", "check whether this port is one for sasl"}},
		"TLS to a plain port":     {setting{kafka: ", tls: {}"}, []string{"afka at " + kafka.Addr, "tls"}},
		"plain to a TLS port":     {setting{brokers: secure}, []string{"afka at " + secure, "is TLS missing?"}},
		"unknown authority":       {setting{brokers: secure, kafka: ", tls: {}"}, []string{"refuses access", "check ca_file"}},
		"wrong server name":       {setting{brokers: secure, kafka: fmt.Sprintf(", tls: {ca_file: %q, server_name: other}", ca)}, []string{"refuses access", "check ca_file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kafka)
			w.ids(0, 3)
			w.refused(1, tt.setting, tt.texts...)
			w.works(setting{}) // what was wrong is mended
			w.holds(w.table(), 3)
		})
	}
}

// tlsPort is a port that speaks TLS with a certificate of nobody's, and what it is signed by.
func tlsPort(t *testing.T) (addr, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kafka"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.(*tls.Conn).HandshakeContext(context.Background())
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), ca
}

// forget deletes the first n records of the world's topic, as retention does.
func (w *world) forget(n int64) {
	w.Helper()
	var o kadm.Offsets
	o.AddOffset(w.topic, 0, n, -1)
	if _, err := w.admin().DeleteRecords(w.Context(), o); err != nil {
		w.Fatal(err)
	}
}

func TestRecordsThatAreGoneEndTheQueryOrAreToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	w.ids(0, 10)
	w.works(setting{})
	w.ids(100, 10) // these will be gone before anyone reads them
	w.forget(20)
	w.ids(10, 5)
	w.refused(1, setting{}, w.topic+"/0", "fail_on_data_loss", "10", "20")
	w.holds(w.table(), 10)
	if e := w.run("reconcile", w.file(setting{})); e.code != 1 || !strings.Contains(e.stdout, "gap: ") {
		t.Errorf("reconcile: exit code %d, %s", e.code, e.stdout)
	}
	e := w.run("run", w.file(setting{kafka: ", fail_on_data_loss: false"}))
	if e.code != 0 || !strings.Contains(e.stderr, `"level":"WARN"`) || !strings.Contains(e.stderr, "lost") {
		t.Errorf("exit code %d, %s", e.code, e.stderr)
	}
	w.holds(w.table(), 15)
	w.works(setting{}) // from here on all is there
}

func TestATopicThatWasRecreatedEndsTheQueryOrIsGoneOnWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	w.ids(0, 10)
	w.works(setting{})
	if _, err := w.admin().DeleteTopics(t.Context(), w.topic); err != nil {
		t.Fatal(err)
	}
	w.refused(1, setting{}, "topic "+w.topic)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for w.kafka.CreateTopic(t.Context(), w.topic, 1, nil) != nil { // until the old one is gone for good
		<-tick.C
	}
	w.client.PurgeTopicsFromClient(w.topic)
	w.ids(100, 5)
	w.refused(1, setting{}, w.topic+"/0", "fail_on_data_loss")
	w.holds(w.table(), 10)
	w.works(setting{kafka: ", fail_on_data_loss: false"}) // goes on from the end of the new topic, as Spark does
	w.holds(w.table(), 10)
	w.ids(10, 5)
	w.works(setting{})
	w.holds(w.table(), 15)
}

func TestABrokerThatGoesDownAndComesBack(t *testing.T) {
	t.Parallel()
	kafka := parts.Kafka(t)
	w := newWorld(t, kafka)
	w.ids(0, 100)
	p := w.start("run", w.file(setting{trigger: "processing_time: 100ms", kafka: ", options: {retry.backoff.ms: \"100\"}"}))
	w.awaitRows(w.table(), 100)
	if err := kafka.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := kafka.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.ids(100, 100)
	w.awaitRows(w.table(), 200)
	if e := p.stop(); e.code != 0 {
		t.Errorf("exit code %d\n%s", e.code, e.stderr)
	}
	w.holds(w.table(), 200)
}
