// Package applog makes log records of imaginary services, for demos and tests: JSON objects with
// a nested field and with fields that come and go, the same for the same seed.
//
// It knows nothing of streams and tables.
package applog

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"time"
)

// DDL is the schema of the records.
const DDL = "timestamp TIMESTAMP, level STRING, service STRING, host STRING, trace_id STRING, span_id STRING, message STRING, " +
	"duration_ms DOUBLE, http STRUCT<method: STRING, path: STRING, status: INT>, error STRING"

// Generator makes the records of one seed. It is not safe for concurrent use.
type Generator struct {
	rand *rand.Rand
	now  time.Time
}

// New makes a generator whose records begin at start.
func New(seed uint64, start time.Time) *Generator {
	return &Generator{rand: rand.New(rand.NewPCG(seed, 0xa99106)), now: start.UTC()}
}

var (
	services = [...]string{"checkout", "cart", "catalog", "payment", "search", "mail", "auth", "gateway"}
	methods  = [...]string{"GET", "GET", "GET", "POST", "PUT", "DELETE"}
	paths    = [...]string{"/cart", "/orders", "/products", "/login", "/search", "/health"}
	faults   = [...]string{"connection reset by peer", "deadline exceeded", "no such order", "card declined", "too many requests"}
)

// Append appends the next record to dst, without a line end.
func (g *Generator) Append(dst []byte) []byte {
	r := g.rand
	g.now = g.now.Add(time.Duration(r.IntN(20_000)) * time.Microsecond)
	service := r.IntN(len(services))
	dst = append(dst, `{"timestamp":"`...)
	dst = g.now.AppendFormat(dst, "2006-01-02T15:04:05.000000Z")
	level, failed := "INFO", false
	switch n := r.IntN(100); {
	case n < 4:
		level, failed = "ERROR", true
	case n < 12:
		level = "WARN"
	case n < 30:
		level = "DEBUG"
	}
	dst = append(append(dst, `","level":"`...), level...)
	dst = append(append(dst, `","service":"`...), services[service]...)
	dst = append(append(dst, `","host":"`...), services[service]...)
	dst = strconv.AppendInt(append(dst, '-'), int64(r.IntN(12)), 10)
	dst = g.appendHex(append(dst, `","trace_id":"`...), 16)
	dst = g.appendHex(append(dst, `","span_id":"`...), 8)
	dst = append(dst, `","message":`...)
	dst = g.appendMessage(dst, services[service], failed)
	if level != "DEBUG" {
		dst = strconv.AppendFloat(append(dst, `,"duration_ms":`...), float64(r.IntN(300_000))/1000, 'f', -1, 64)
		dst = g.appendHTTP(dst, failed)
	}
	if failed {
		dst = append(append(append(dst, `,"error":"`...), faults[r.IntN(len(faults))]...), '"')
	}
	return append(dst, '}')
}

func (g *Generator) appendHTTP(dst []byte, failed bool) []byte {
	r := g.rand
	status := 200 + 4*r.IntN(2)
	if failed {
		status = 500 + r.IntN(5)
	}
	dst = append(append(dst, `,"http":{"method":"`...), methods[r.IntN(len(methods))]...)
	dst = append(append(dst, `","path":"`...), paths[r.IntN(len(paths))]...)
	dst = strconv.AppendInt(append(dst, '/'), int64(r.IntN(100_000)), 10)
	dst = strconv.AppendInt(append(dst, `","status":`...), int64(status), 10)
	return append(dst, '}')
}

// appendMessage appends a message as JSON; some need escapes, as messages do.
func (g *Generator) appendMessage(dst []byte, service string, failed bool) []byte {
	message := "request " + strconv.Itoa(g.rand.IntN(1_000_000)) + " handled by " + service
	if failed {
		message = "request to \"" + service + "\" failed:\n\tat handler.go:" + strconv.Itoa(g.rand.IntN(500))
	}
	text, err := json.Marshal(message)
	if err != nil { // a string always can be
		return append(dst, `""`...)
	}
	return append(dst, text...)
}

func (g *Generator) appendHex(dst []byte, n int) []byte {
	for ; n > 0; n -= 8 {
		v := g.rand.Uint64()
		dst = hex.AppendEncode(dst, []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24), byte(v >> 32), byte(v >> 40), byte(v >> 48), byte(v >> 56)})
	}
	return dst
}
