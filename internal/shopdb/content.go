package shopdb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Where columns are that change.
const (
	email, credit, newsletter, born, preferences, biography = 2, 3, 4, 5, 6, 7
	status, total, gift, items, note, shipOn                = 2, 3, 4, 5, 6, 7
	paidAt                                                  = 9
)

var (
	firstNames = []string{"Ada", "Béla", "Chloé", "Dmitri", "Emeka", "Fatma", "Grace", "Hải", "Ines", "João", "Kaito", "Léa", "Milan", "Noor", "Olga", "Paul"}
	lastNames  = []string{"Almeida", "O'Brien", "Çelik", "Dvořák", "Evans", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kowalska", "Larsen", "王", "Nagy", "Okafor", `"Red" Smith`}
	products   = []string{"kettle", "lamp", "novel", "ukulele", "scarf", "atlas", "tea", "robot", "soap", "hose", "leash", "puzzle"}
	notes      = []string{"", "ring twice", "leave it with the neighbour", "a gift 🎁: no bill, please", "line one\nline two", `back\slash and "quotes"`, "déjà vu\ttab", "<b>fragile</b> & heavy"}
	sentences  = []string{"Came for the tea and stayed. ", "Writes letters about hoses. ", "Returns every third lamp. ", "Has read the whole catalogue, twice. ", "Sait tout sur les bouilloires. ", "喜欢拼图。"}
)

func pick(d *Database, from []string) string { return from[d.random.IntN(len(from))] }

// maybe is a text or, once in n times, null.
func (d *Database) maybe(n int, s func() string) cell {
	if d.one(n) {
		return cell{null: true}
	}
	return cell{text: s()}
}

func (d *Database) flag() cell { return cell{number: int64(d.random.IntN(2))} }

func (d *Database) now() cell { return cell{number: d.clock.UnixMicro()} }

// day is a day, so many after today.
func (d *Database) day(after int) cell {
	return cell{number: d.clock.Unix()/int64(24*time.Hour/time.Second) + int64(after)}
}

// customer makes a customer.
func (d *Database) customer(id int64) row {
	r := row{{number: id}, {text: pick(d, firstNames) + " " + pick(d, lastNames)}, d.email(id), d.amount(500_000), d.flag(),
		d.day(-d.random.IntN(30_000)), d.preferences(), d.biography(), d.now()}
	if d.one(5) {
		r[born] = cell{null: true}
	}
	return r
}

func (d *Database) email(id int64) cell {
	return d.maybe(6, func() string { return fmt.Sprintf("c%d.%d@example.org", id, d.random.IntN(100)) })
}

// amount is one below most, in hundredths; some are negative.
func (d *Database) amount(most int64) cell { return cell{number: d.random.Int64N(most) - most/10} }

func (d *Database) preferences() cell {
	return d.maybe(3, func() string {
		return fmt.Sprintf(`{"theme": %q, "letters": %d, "favourites": [%q, null]}`, []string{"dark", "light"}[d.random.IntN(2)], d.random.IntN(10), pick(d, products))
	})
}

func (d *Database) biography() cell {
	switch d.random.IntN(3) {
	case 0:
		return cell{null: true}
	case 1:
		return cell{text: pick(d, sentences)}
	}
	var b strings.Builder
	for b.Len() < longText+d.random.IntN(400) {
		b.WriteString(pick(d, sentences))
	}
	return cell{text: b.String()}
}

// alterCustomer changes one or two columns of a customer.
func (d *Database) alterCustomer(before row) row {
	r := slices.Clone(before)
	for range 1 + d.random.IntN(2) {
		switch d.random.IntN(6) {
		case 0:
			r[email] = d.email(r.id())
		case 1:
			r[credit] = d.amount(500_000)
		case 2:
			r[newsletter] = d.flag()
		case 3:
			r[preferences] = d.preferences()
		case 4:
			r[biography] = d.biography()
		case 5:
			r[born] = d.day(-d.random.IntN(30_000))
		}
	}
	return r
}

// order makes an order.
func (d *Database) order(id int64) row {
	customer := 1 + d.random.Int64N(max(1, d.tables[0].last))
	placed := d.now()
	placed.number += d.random.Int64N(1000)
	return row{{number: id}, {number: customer}, {text: "placed"}, d.amount(90_000), d.maybeFlag(), d.items(), d.note(), {null: true}, placed, {null: true}}
}

func (d *Database) maybeFlag() cell {
	if d.one(4) {
		return cell{null: true}
	}
	return d.flag()
}

func (d *Database) items() cell {
	return d.maybe(20, func() string {
		var list []string
		for range 1 + d.random.IntN(3) {
			list = append(list, `{"name": "`+pick(d, products)+`", "price": `+strconv.Itoa(d.random.IntN(200))+`.50, "quantity": `+strconv.Itoa(1+d.random.IntN(4))+`}`)
		}
		return "[" + strings.Join(list, ", ") + "]"
	})
}

func (d *Database) note() cell { return d.maybe(2, func() string { return pick(d, notes) }) }

// alterOrder takes an order one step on its way, or corrects it.
func (d *Database) alterOrder(before row) row {
	r := slices.Clone(before)
	switch r[status].text {
	case "placed":
		if d.one(10) {
			r[status].text, r[total] = "cancelled", cell{}
		} else {
			r[status].text, r[paidAt] = "paid", d.now()
		}
	case "paid":
		r[status].text, r[shipOn] = "shipped", d.day(1+d.random.IntN(9))
	case "shipped":
		r[status].text = "delivered"
	default:
		r[note], r[gift], r[items] = d.note(), d.maybeFlag(), d.items()
	}
	return r
}
