// Package shop makes events of an imaginary web shop, for demos, tests and benchmarks: JSON objects
// of about 230 bytes, the same for the same seed, faster than anything reads them.
//
// It knows nothing of streams and tables.
package shop

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// DDL is the schema of the events.
const DDL = "event_id STRING NOT NULL, timestamp TIMESTAMP, user_id STRING, event_type STRING, product_id STRING, " +
	"product_name STRING, category STRING, price DOUBLE, quantity INT"

// Users and Products are how many there are. Some come far more often than others.
const (
	Users    = 100_000
	Products = 4_000
)

// meanStep is the time between events on the average, in microseconds: a million events are a
// little more than a day.
const meanStep = 100_000

// Generator makes the events of one seed. It is not safe for concurrent use.
type Generator struct {
	state    uint64
	id       uint64 // of the next event, before it is scrambled
	idSalt   uint64
	clock    clock
	products []product
}

// New makes a generator whose events begin at start. The event_id of two generators differ where
// their seeds do, as surely as random UUIDs; those of one generator never repeat.
func New(seed uint64, start time.Time) *Generator {
	g := &Generator{state: scramble(seed), products: catalogue(), clock: newClock(start)}
	g.idSalt = scramble(seed ^ 0x5bf03635aca2bd49)
	g.id = scramble(g.idSalt)
	return g
}

// next gives 64 random bits (wyrand).
func (g *Generator) next() uint64 {
	g.state += 0xa0761d6478bd642f
	h, l := bits.Mul64(g.state, g.state^0xe7037ed1a0b428db)
	return h ^ l
}

// Append appends the next event to dst, without a line end.
func (g *Generator) Append(dst []byte) []byte {
	r, r2 := g.next(), g.next()
	dst = append(dst, `{"event_id":"`...)
	dst = g.appendID(dst)
	dst = append(dst, `","timestamp":"`...)
	dst = g.clock.append(dst, int64(r%(2*meanStep)))
	dst = append(dst, `","user_id":"u`...)
	dst = appendDigits(dst, skewed(uint32(r>>32), Users), 6)
	dst = append(dst, `","event_type":"`...)
	k := &kinds[r2&255]
	dst = append(dst, k.name...)
	p := &g.products[skewed(uint32(r2>>32), Products)]
	dst = append(dst, p.text...)
	dst = append(dst, p.prices[r2>>8&7]...)
	dst = append(dst, `,"quantity":`...)
	q := byte('1')
	if k.many {
		q += byte(r2 >> 12 & 3 & (r2 >> 14))
	}
	return append(dst, q, '}')
}

// skewed turns 32 random bits into a number below n, small ones more often: x^(-2/3), roughly as
// popularity goes.
func skewed(u uint32, n uint64) uint64 {
	x := uint64(u)
	return (x * x >> 32 * x >> 32) * n >> 32
}

// appendID appends 128 scrambled bits in the shape of a random UUID.
func (g *Generator) appendID(dst []byte) []byte {
	g.id++
	hi := scramble(g.id) // one to one, so it never repeats
	lo := scramble(hi ^ g.idSalt)
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], hi)
	binary.BigEndian.PutUint64(raw[8:], lo)
	var out [36]byte
	at := 0
	for i, b := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out[at] = '-'
			at++
		}
		binary.LittleEndian.PutUint16(out[at:at+2], hex[b])
		at += 2
	}
	return append(dst, out[:]...)
}

var hex = func() (t [256]uint16) {
	const digits = "0123456789abcdef"
	for i := range t {
		t[i] = uint16(digits[i>>4]) | uint16(digits[i&15])<<8
	}
	return t
}()

// scramble is a bijection of 64 bits (the finalizer of splitmix64).
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// appendDigits appends v with leading zeros, n digits.
func appendDigits(dst []byte, v uint64, n int) []byte {
	var out [20]byte
	for i := n - 1; i >= 0; i-- {
		out[i] = byte('0' + v%10)
		v /= 10
	}
	return append(dst, out[:n]...)
}
