package json

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"testing"

	"pgregory.net/rapid"
)

func TestClockIsAnyTimeOfDayAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for range 100 {
			text := []byte(fmt.Sprintf("%02d:%02d:%02d", r.Intn(30), r.Intn(64), r.Intn(64)))
			if r.Intn(3) == 0 {
				text[r.Intn(8)] = byte(r.Intn(256))
			}
			var h, m, s int
			n, _ := fmt.Sscanf(string(text), "%2d:%2d:%2d", &h, &m, &s)
			same := fmt.Sprintf("%02d:%02d:%02d", h, m, s) == string(text)
			want := n == 3 && same && min(h, m, s) >= 0 && h < 24 && m < 60 && s < 60
			secs, ok := clock(binary.LittleEndian.Uint64(text))
			if ok != want || ok && int(secs) != h*3600+m*60+s {
				t.Fatalf("%q: %d, %v", text, secs, ok)
			}
		}
	})
}
