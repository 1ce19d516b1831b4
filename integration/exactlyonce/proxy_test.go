//go:build integration

package exactlyonce

import (
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/objstore/s3/s3test"
)

// proxy is an endpoint that passes requests on to MinIO by way of wrap. What wrap fails breaks the connection.
func (w *world) proxy(wrap func(http.RoundTripper) http.RoundTripper) (endpoint string) {
	target := &url.URL{Scheme: "http", Host: w.minio.Addr}
	base := &http.Transport{MaxIdleConnsPerHost: 16}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		Transport:    wrap(base),
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:     log.New(io.Discard, "", 0),
	})
	w.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		base.CloseIdleConnections()
	})
	return server.URL
}

// isCommit says whether a request puts a version of a table.
func isCommit(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/_delta_log/") && strings.HasSuffix(r.URL.Path, ".json")
}

// picker makes faults of a share of the requests, of the commits most often.
type picker struct {
	mu      sync.Mutex
	dice    *rand.Rand
	any     []s3test.Fault
	count   map[s3test.Fault]int // of commits
	commits int                  // that met a fault
}

func (p *picker) pick(_ int, r *http.Request) s3test.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	share := 0.04
	if isCommit(r) {
		share = 0.4
	}
	if p.dice.Float64() >= share {
		return s3test.None
	}
	f := p.any[p.dice.IntN(len(p.any))]
	if isCommit(r) {
		f = p.any[p.commits%len(p.any)] // each in its turn
		p.commits++
	}
	if f == s3test.GarbledAfter && r.Method == http.MethodGet {
		f = s3test.HalfBody // what is read would be wrong, else
	}
	if isCommit(r) {
		p.count[f]++
	}
	return f
}

// Between the program and MinIO answers are lost, requests do not arrive or arrive twice, and servers answer 500, 503
// and 409, before and after they did what they were asked. Some answers never come; the program is killed then, and
// at other times.
func TestAnswersAreLostOnTheWayToMinIO(t *testing.T) {
	t.Parallel()
	k := &killer{world: newWorld(t, parts.SharedKafka(t), parts.SharedMinIO(t))}
	faults := []s3test.Fault{s3test.CutBefore, s3test.CutAfter, s3test.ErrorBefore, s3test.ErrorAfter, s3test.BusyBefore, s3test.BusyAfter,
		s3test.Conflict, s3test.Repeated, s3test.GarbledAfter}
	p := &picker{dice: rand.New(rand.NewPCG(k.dice.Uint64(), 0)), any: append(faults, s3test.HangAfter), count: map[s3test.Fault]int{}}
	straight := k.p.Endpoint
	k.p.Endpoint = k.proxy(func(base http.RoundTripper) http.RoundTripper {
		return &s3test.Transport{Base: base, Pick: p.pick}
	})
	stop := k.load(3000)
	for k.killed < 30 {
		k.life(3 * time.Second)
	}
	stop()
	p.mu.Lock()
	p.any = faults // a hanging answer takes the program a minute
	p.mu.Unlock()
	k.finish()
	t.Logf("%d kills; faults in commits: %v", k.killed, p.count)
	for _, f := range faults {
		if p.count[f] == 0 {
			t.Errorf("no commit met %q", f)
		}
	}
	k.p.Endpoint = straight
	k.finish()
}
