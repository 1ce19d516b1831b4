package json

// trim takes off what Spark takes off both ends of dates and timestamps: white space and control
// characters.
func trim(t []byte) []byte {
	for len(t) > 0 && (t[0] <= ' ' || t[0] == 0x7f) {
		t = t[1:]
	}
	for len(t) > 0 && (t[len(t)-1] <= ' ' || t[len(t)-1] == 0x7f) {
		t = t[:len(t)-1]
	}
	return t
}

// withoutGMT takes the first "GMT" out, as Spark does for timestamps of its first versions
// ("2000-01-01T00:00:00GMT+01:00"); ok is false where there is none.
func withoutGMT(t []byte) (_ []byte, ok bool) {
	for i := 0; i+3 <= len(t); i++ {
		if string(t[i:i+3]) == "GMT" {
			return append(append(make([]byte, 0, len(t)), t[:i]...), t[i+3:]...), true
		}
	}
	return nil, false
}
