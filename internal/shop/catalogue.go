package shop

import (
	"strconv"
)

// product is one of the catalogue, with the JSON that every event about it shares.
type product struct {
	text   string    // from the end of the event type to the price
	prices [8]string // the usual price, mostly, or a reduced one
}

type kind struct {
	name string
	many bool // more than one at a time
}

// kinds are event types, as often as they come.
var kinds = func() (t [256]kind) {
	for i := range t {
		switch {
		case i < 150:
			t[i] = kind{name: "view"}
		case i < 200:
			t[i] = kind{name: "add_to_cart", many: true}
		case i < 226:
			t[i] = kind{name: "purchase", many: true}
		case i < 246:
			t[i] = kind{name: "wishlist"}
		default:
			t[i] = kind{name: "remove_from_cart"}
		}
	}
	return t
}()

var (
	categories = [...]struct{ name, noun string }{
		{"electronics", "Headphones"}, {"electronics", "Keyboard"}, {"electronics", "Charger"}, {"home", "Lamp"}, {"home", "Cushion"},
		{"kitchen", "Kettle"}, {"kitchen", "Knife"}, {"toys", "Puzzle"}, {"toys", "Robot"}, {"books", "Novel"}, {"books", "Atlas"},
		{"garden", "Trowel"}, {"garden", "Hose"}, {"sports", "Racket"}, {"sports", "Football"}, {"clothing", "Scarf"}, {"clothing", "Jacket"},
		{"beauty", "Soap"}, {"office", "Notebook"}, {"office", "Stapler"}, {"pets", "Leash"}, {"music", "Ukulele"}, {"grocery", "Coffee"}, {"grocery", "Tea"},
	}
	adjectives = [...]string{"Red", "Blue", "Small", "Grand", "Silent", "Rapid", "Soft", "Solid", "Clever", "Modern", "Classic", "Northern", "Café"}
)

// catalogue makes the products. They are the same for every seed: a shop does not change its
// assortment because it is looked at again.
func catalogue() []product {
	ps := make([]product, Products)
	for i := range ps {
		c := categories[i%len(categories)]
		name := adjectives[i/len(categories)%len(adjectives)] + " " + c.noun + " " + strconv.Itoa(i/len(categories)/len(adjectives)+1)
		ps[i].text = `","product_id":"p` + string(appendDigits(nil, uint64(i), 5)) + `","product_name":"` + name +
			`","category":"` + c.name + `","price":`
		cents := 199 + scramble(uint64(i))%30_000
		for k := range ps[i].prices {
			off := [8]uint64{0, 0, 0, 0, 0, 5, 10, 25}[k]
			v := cents * (100 - off) / 100
			ps[i].prices[k] = strconv.FormatUint(v/100, 10) + "." + string(appendDigits(nil, v%100, 2))
		}
	}
	return ps
}
