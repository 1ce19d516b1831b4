package textval

import (
	"fmt"
	"math/big"
	"math/rand"
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

func TestDecimalsAreExactAndRoundedHalfUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for range 50 {
			precision := 1 + r.Intn(38)
			scale := r.Intn(precision + 1)
			text := randomNumber(r)
			exact, ok := new(big.Rat).SetString(text)
			if !ok {
				t.Fatal(text)
			}
			shifted := exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
			half := big.NewRat(1, 2)
			magnitude := new(big.Rat).Add(new(big.Rat).Abs(shifted), half)
			want := new(big.Int).Quo(magnitude.Num(), magnitude.Denom())
			if shifted.Sign() < 0 {
				want.Neg(want)
			}
			fits := len(new(big.Int).Abs(want).String()) <= precision
			got, ok := Scaled([]byte(text), scale, Power10(precision))
			if ok != fits || ok && got.BigInt().Cmp(want) != 0 {
				t.Fatalf("%s as decimal(%d,%d) is %s, %v; want %s, %v", text, precision, scale, got.BigInt(), ok, want, fits)
			}
		}
	})
}

func TestDaysAgreeWithTheCalendar(t *testing.T) {
	// 400 years are the cycle of the calendar; count through one and beyond.
	n, ok := Days(-800, 1, 1)
	if !ok {
		t.Fatal("no day")
	}
	for year := -800; year < 2500; year++ {
		for month := 1; month <= 12; month++ {
			for day := 1; day <= 31; day++ {
				got, ok := Days(year, month, day)
				if ok != (day <= DaysIn(year, month)) {
					t.Fatalf("%d-%d-%d: %v", year, month, day, ok)
				}
				if ok {
					if got != n {
						t.Fatalf("%d-%d-%d is %d, want %d", year, month, day, got, n)
					}
					n++
				}
			}
		}
	}
	if got, _ := Days(1970, 1, 1); got != 0 {
		t.Errorf("1970 began on day %d", got)
	}
}
