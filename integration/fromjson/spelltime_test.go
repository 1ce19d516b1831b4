//go:build integration

package fromjson

import (
	"fmt"
	"strings"
)

// timestamp spells timestamps, and now and then a number of seconds.
func (g generator) timestamp() string {
	switch g.IntN(10) {
	case 0:
		return g.integer()
	case 1:
		return g.date()
	case 2: // where clocks are set forward or back
		day := pick(g, "2024-03-31", "2024-10-27", "2024-03-10", "2024-11-03", "2050-03-27", "1900-01-01", "1883-11-18", "2011-12-30", "1945-05-24", "1916-04-30", "2100-07-01", "1995-01-01")
		return g.text(fmt.Sprintf("%sT%02d:%s:%s", day, g.IntN(4), g.two(59), g.two(59)) + pick(g, regions...))
	}
	var b strings.Builder
	if g.in(8) {
		b.WriteString(g.ymd())
	} else {
		fmt.Fprintf(&b, "%s-%02d-%02d", pick(g, g.year(), "2024"), 1+g.IntN(12), 1+g.IntN(29))
	}
	b.WriteString(pick(g, "T", "T", "T", " ", " ", "  ", "t", ""))
	if g.in(6) {
		b.WriteString(pick(g, "", g.two(23), g.two(23)+":"+g.two(59), g.two(24)+":"+g.two(60)+":"+g.two(60)))
	} else {
		fmt.Fprintf(&b, "%02d:%02d:%02d", g.IntN(24), g.IntN(60), g.IntN(60))
	}
	if g.in(2) {
		b.WriteString(pick(g, ".", ".", ".", ".", ",", ":") + pick(g, g.digits(3, 3), g.digits(6, 6), g.digits(0, 10)))
	}
	b.WriteString(pick(g, "", "", "", " ") + g.zone() + pick(g, "", "", "", "", " ", "x"))
	return g.text(b.String())
}

func (g generator) zone() string {
	switch g.IntN(5) {
	case 0:
		return ""
	case 1:
		return "Z"
	case 2:
		return pick(g, regions...)
	}
	sign := pick(g, "+", "-")
	offset := sign + pick(g, g.two(19), g.two(19)+":"+g.two(60), g.two(19)+g.two(60), g.two(12)+":"+g.two(59)+":"+g.two(59), g.two(12)+g.two(59)+g.two(59), g.digits(1, 5))
	return pick(g, "", "", "", "UTC", "GMT", "UT", "Z", "utc") + offset
}

// regions are names of zones, and what could be taken for one.
var regions = []string{"Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca",
	"Australia/Lord_Howe", "Antarctica/Troll", "Europe/Dublin", "UTC", "GMT", "UT", "Zulu", "Etc/GMT+5", "Etc/UTC", "GMT0", "UCT", "Universal", "Greenwich",
	"CET", "EET", "WET", "MET", "EST5EDT", "PST8PDT", "EST", "MST", "HST", "PST", "CST", "IST", "JST", "BST", "ACT", "SystemV/PST8PDT",
	"europe/berlin", "utc", "z", "Berlin", "[Europe/Berlin]", "+01:00[Europe/Berlin]", "Z[UTC]", " Europe/Paris", "Europe/Nowhere", "Local", "ROC", "ROK", "Factory", "Etc/Unknown", "US/Pacific-New"}
