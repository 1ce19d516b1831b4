package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Op is the kind of a call.
type Op string

// The ops, one for each method of objstore.Store that does something, and Any.
const (
	Any    Op = "any"
	Get    Op = "get"
	Put    Op = "put"
	Head   Op = "head"
	List   Op = "list"
	Delete Op = "delete"
)

var ops = []Op{Any, Get, Put, Head, List, Delete}

// Effect is what a rule does to a call.
type Effect string

const (
	// Fail returns an error and does nothing. The argument says which: nothing (a transient
	// error, retryable), "nospace", "permission" or "precondition".
	Fail Effect = "fail"
	// Lost does the call and loses the answer: a put returns objstore.ErrOutcomeUnknown, any other
	// call a transient error.
	Lost Effect = "lost"
	// Phantom does nothing and leaves that open: a put returns objstore.ErrOutcomeUnknown, any
	// other call a transient error.
	Phantom Effect = "phantom"
	// Late returns from a put with objstore.ErrOutcomeUnknown; the put takes effect only N calls
	// later, if its condition holds then. N is the argument. Other calls: as Fail.
	Late Effect = "late"
	// Torn does half and then returns a transient error: half of the bytes of a get, half of the
	// objects of a list, half of the keys of a delete. Of a put nothing stays, for no store of ours
	// leaves a part; where Options.NonAtomic says so, the first half stays under the key.
	Torn Effect = "torn"
	// Delay waits before the call; the argument is a time.Duration.
	Delay Effect = "delay"
	// Lag does a put, and the next N lists do not show the object. N is the argument. Other calls
	// are done as they are.
	Lag Effect = "lag"
	// Crash does nothing: this call and all later ones return ErrCrashed, until Revive.
	Crash Effect = "crash"
	// CrashAfter does the call; it and all later ones return ErrCrashed, until Revive.
	CrashAfter Effect = "crash-after"
)

var effects = []Effect{Fail, Lost, Phantom, Late, Torn, Delay, Lag, Crash, CrashAfter}

// Rule injects an effect into the calls that it matches. The first rule that matches a call wins.
// Its text, by String and Parse, is such as
//
//	put key=_delta_log/*.json nth=2 lost
//	any call=17 fail=nospace
//	list delay=5ms
type Rule struct {
	Op   Op     // "" is Any
	Key  string // pattern of the key; "*" is any text, "/" too. "" matches all. A list has its prefix as key, a delete matches by any of its keys
	Nth  int    // only the nth call, from 1, that matches Op and Key; 0: each
	Call int    // only the nth call of all, from 1; 0: each
	Effect
	Arg string // of the effect
}

// String is the text of the rule, which Parse reads.
func (r Rule) String() string {
	var b strings.Builder
	b.WriteString(string(r.op()))
	if r.Key != "" {
		b.WriteString(" key=" + quote(r.Key))
	}
	if r.Nth > 0 {
		fmt.Fprintf(&b, " nth=%d", r.Nth)
	}
	if r.Call > 0 {
		fmt.Fprintf(&b, " call=%d", r.Call)
	}
	b.WriteString(" " + string(r.Effect))
	if r.Arg != "" {
		b.WriteString("=" + r.Arg)
	}
	return b.String()
}

func (r Rule) op() Op {
	if r.Op == "" {
		return Any
	}
	return r.Op
}

func quote(s string) string {
	if q := strconv.Quote(s); strings.ContainsAny(s, " ") || q != `"`+s+`"` {
		return q
	}
	return s
}

// n is the argument as a number of calls, at least 1.
func (r Rule) n() int {
	n, err := strconv.Atoi(r.Arg)
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// check says what is wrong with the rule.
func (r Rule) check() error {
	var err error
	switch r.Effect {
	case Fail:
		if _, ok := failures[r.Arg]; !ok {
			err = fmt.Errorf("no such failure: %q", r.Arg)
		}
	case Late, Lag:
		if n, e := strconv.Atoi(r.Arg); e != nil || n < 1 || strconv.Itoa(n) != r.Arg {
			err = fmt.Errorf("a number of calls is needed, not %q", r.Arg)
		}
	case Delay:
		if d, e := time.ParseDuration(r.Arg); e != nil || d < 0 || strings.ContainsAny(r.Arg, " ") {
			err = fmt.Errorf("a duration is needed, not %q", r.Arg)
		}
	default:
		if r.Arg != "" {
			err = fmt.Errorf("it takes no argument, not %q", r.Arg)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.Effect, err)
	}
	return nil
}

// matches says whether the rule is about calls of op on one of these keys.
func (r Rule) matches(op Op, keys []string) bool {
	if r.op() != Any && r.op() != op {
		return false
	}
	if r.Key == "" {
		return true
	}
	for _, k := range keys {
		if glob(r.Key, k) {
			return true
		}
	}
	return false
}

// glob matches where * is any text.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, p := range parts[1:last] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, parts[last])
}
