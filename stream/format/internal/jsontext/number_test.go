package jsontext

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func randomNumber(r *rand.Rand) string {
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = '0' + byte(r.Intn(10)*r.Intn(2))
		}
		return string(b)
	}
	text := strings.TrimLeft(digits(1+r.Intn(25)), "0")
	if text == "" {
		text = "0"
	}
	if r.Intn(3) > 0 {
		text += "." + digits(1+r.Intn(25))
	}
	if r.Intn(3) == 0 {
		text += fmt.Sprintf("%c%+d", "eE"[r.Intn(2)], r.Intn(60)-30)
	}
	if r.Intn(2) == 0 {
		text = "-" + text
	}
	return text
}

func TestFloatsAreTheNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for range 50 {
			text := randomNumber(r)
			if r.Intn(4) == 0 {
				text = strconv.FormatFloat(math.Float64frombits(r.Uint64()&^(0x7ff<<52)|uint64(r.Intn(0x7ff))<<52), 'g', -1, 64)
			}
			s := Scanner{B: []byte(text)}
			n, q := s.Number(0)
			if q != len(text) {
				t.Fatalf("%s ends at %d", text, q)
			}
			want, err := strconv.ParseFloat(text, 64)
			if got, ok := n.Float64(s.B); ok != (err == nil) || ok && got != want {
				t.Fatalf("%s is %v, %v; want %v, %v", text, got, ok, want, err)
			}
			want32, err := strconv.ParseFloat(text, 32)
			if got, ok := n.Float32(s.B); ok != (err == nil) || ok && got != float32(want32) {
				t.Fatalf("%s is %v, %v; want %v, %v as a float", text, got, ok, want32, err)
			}
			if !n.inexact && n.exp > -400 { // what it says must be what stands there
				value := new(big.Rat).SetFrac(new(big.Int).SetUint64(n.mant), big.NewInt(1))
				scale := new(big.Rat).SetFrac(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n.exp, -n.exp))), nil), big.NewInt(1))
				if n.exp < 0 {
					scale.Inv(scale)
				}
				value.Mul(value, scale)
				exact, _ := new(big.Rat).SetString(strings.TrimPrefix(text, "-"))
				if value.Cmp(exact) != 0 {
					t.Fatalf("%s was read as %+v", text, n)
				}
			}
		}
	})
}

func TestStopsMarksTheFirstByteThatEndsPlainText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for range 200 {
			var b [8]byte
			for i := range b {
				b[i] = [...]byte{byte(r.Intn(256)), 'a', 'z', 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x80, 0xa2, 0xdc, 0xff, '"', '\\', 0x1f, 0}[r.Intn(16)]
			}
			want := 8
			for i := 7; i >= 0; i-- {
				if b[i] == '"' || b[i] == '\\' || b[i] < ' ' {
					want = i
				}
			}
			if got := firstStop(stops(binary.LittleEndian.Uint64(b[:]))); got != want {
				t.Fatalf("%q: %d, want %d", b, got, want)
			}
		}
	})
}
