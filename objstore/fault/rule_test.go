package fault

import (
	"strings"
	"testing"
)

func TestRulesPrintAndParse(t *testing.T) {
	text := `
# a comment
put key=_delta_log/*.json nth=2 lost
any call=17 fail=nospace
list delay=5ms
get key="with space \"*\"" torn
put late=3`
	rules := mustParse(t, text)
	if len(rules) != 5 {
		t.Fatalf("%d rules", len(rules))
	}
	for i, want := range strings.Split(text, "\n")[2:] {
		if rules[i].String() != want {
			t.Errorf("got  %s\nwant %s", rules[i], want)
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	for text, why := range map[string]string{
		"put":                "no effect",
		"push fail":          `no such operation: "push"`,
		"put explode":        `no such effect: "explode"`,
		"put nth=0 fail":     "from 1",
		"put call=x fail":    "from 1",
		"put late":           "number of calls",
		"put late=-1":        "number of calls",
		"put delay=soon":     "duration",
		"put fail=maybe":     "no such failure",
		"put lost=1":         "no argument",
		"put fail nth=2":     "follows the effect",
		`put key="open fail`: "does not end",
	} {
		_, err := Parse("any fail\n" + text)
		if err == nil || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v; want %q", text, err, why)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"*", "a/b", true},
		{"_delta_log/*.json", "_delta_log/1.json", true}, {"_delta_log/*.json", "_delta_log/1.parquet", false},
		{"*/x/*", "a/x/b", true}, {"*/x/*", "ax/b", false}, {"a*a", "a", false}, {"a*a", "aa", true},
		{"*ab*b", "abab", true}, {"*ab*ab", "aab", false},
	} {
		if got := glob(c.pattern, c.s); got != c.want {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"put key=a*b nth=1 lost", `any key="a b" fail=nospace`, "list delay=1s\nget torn", "put late=3", "x", `put key="`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Parse(text)
		if err != nil {
			return
		}
		for _, r := range rules {
			again, err := Parse(r.String())
			if err != nil || len(again) != 1 || again[0] != r {
				t.Errorf("%#v prints as %q, which is %#v, %v", r, r.String(), again, err)
			}
		}
	})
}
