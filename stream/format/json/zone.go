package json

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // machines without a zone database read the same timestamps
)

// instant gives the seconds since 1970 at which clocks in zone show secs; in the decoder's own
// zone where none is named.
func (x *timestampNode) instant(secs int64, zone string) (int64, bool) {
	if zone == "" {
		return inLocation(secs, x.zone), true
	}
	if zone == "Z" {
		return secs, true
	}
	z, ok := lookupZone(zone)
	if !ok {
		return 0, false
	}
	if z.loc == nil {
		return secs - int64(z.offset), true
	}
	return inLocation(secs, z.loc), true
}

// inLocation gives the instant of a local time as java.time does: the earlier one where clocks were
// set back over it, and as much later where they were set forward.
func inLocation(secs int64, loc *time.Location) int64 {
	before, after := offsetAt(secs-86400, loc), offsetAt(secs+86400, loc)
	if t := secs - before; offsetAt(t, loc) == before {
		return t
	}
	if t := secs - after; offsetAt(t, loc) == after {
		return t
	}
	return secs - before
}

func offsetAt(t int64, loc *time.Location) int64 {
	_, off := time.Unix(t, 0).In(loc).Zone()
	return int64(off)
}

// zone is what a zone's name means: an offset or, where loc is not nil, a region.
type zone struct {
	offset int // seconds east
	loc    *time.Location
}

// zones remembers the regions that were looked up. Names are bounded by those there are.
var zones sync.Map // string -> zone

// lookupZone reads a zone as java.time.ZoneId does with its short names, and Spark on top of it.
func lookupZone(name string) (zone, bool) {
	if name == "Z" {
		return zone{}, true
	}
	if name == "" || len(name) > 64 {
		return zone{}, false
	}
	if name[0] == '+' || name[0] == '-' {
		off, ok := parseOffset(name)
		return zone{offset: off}, ok
	}
	if alias, ok := shortZones[name]; ok {
		return lookupZone(alias)
	}
	for _, prefix := range [...]string{"UTC", "GMT", "UT"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && rest == "" {
			return zone{}, true
		}
		if ok && (rest[0] == '+' || rest[0] == '-') {
			off, ok := parseOffset(rest)
			return zone{offset: off}, ok
		}
	}
	if z, ok := zones.Load(name); ok {
		return z.(zone), true
	}
	if !isRegion(name) {
		return zone{}, false
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return zone{}, false
	}
	zones.Store(name, zone{loc: loc})
	return zone{loc: loc}, true
}

// isRegion keeps names from the file system that are none of a zone.
func isRegion(name string) bool {
	switch name {
	case "Local", "localtime", "posixrules", "Factory", "ROC", "leapseconds":
		return false
	}
	if strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") || strings.Contains(name, "..") {
		return false
	}
	for _, c := range []byte(name) {
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("/_+-", c) >= 0) {
			return false
		}
	}
	return name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'
}

// parseOffset reads +h, +hh, +h:mm, +hh:m, +hh:mm, +hhmm, +hh:mm:ss and +hhmmss, up to 18 hours.
func parseOffset(t string) (secs int, ok bool) {
	sign := 1
	if t[0] == '-' {
		sign = -1
	}
	t = t[1:]
	parts := [3]string{"0", "0", "0"}
	switch n := strings.Count(t, ":"); {
	case n > 2:
		return 0, false
	case n > 0:
		copy(parts[:], strings.Split(t, ":"))
		if n == 2 && len(parts[1]) != 2 || n == 2 && len(parts[2]) != 2 {
			return 0, false
		}
	case len(t) <= 2:
		parts[0] = t
	case len(t) == 4:
		parts[0], parts[1] = t[:2], t[2:]
	case len(t) == 6:
		parts[0], parts[1], parts[2] = t[:2], t[2:4], t[4:]
	default:
		return 0, false
	}
	for _, p := range parts {
		if len(p) < 1 || len(p) > 2 || p[0]-'0' > 9 || p[len(p)-1]-'0' > 9 {
			return 0, false
		}
		n := int(p[len(p)-1] - '0')
		if len(p) == 2 {
			n += 10 * int(p[0]-'0')
		}
		secs = secs*60 + n
		if n > 59 {
			return 0, false
		}
	}
	return sign * secs, secs <= 18*3600
}

// shortZones are java.time.ZoneId.SHORT_IDS.
var shortZones = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns",
	"CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis",
	"IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland",
	"PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal",
	"VST": "Asia/Ho_Chi_Minh", "EST": "-05:00", "MST": "-07:00", "HST": "-10:00",
}
