package changes

import "slices"

// link finds for each version the one that it takes values from, and for those of the table whether these are others now. All lines are settled.
func (x *lines) link(swept []point) {
	for _, l := range x.all {
		for _, v := range slices.Concat(l.kept, l.made) {
			switch {
			case v.lacks == nil:
			case v.was >= 0:
				v.before = x.of[x.count+int(v.was)].before(v, true, swept)
			default:
				v.before = l.before(v, false, swept)
			}
		}
	}
	for _, l := range x.all {
		if !l.own {
			continue
		}
		for _, v := range slices.Concat(l.kept, l.made) {
			gets := anySet(x.given(v))
			if v.stored != nil && gets {
				v.stored.rewrite = true
			}
			if v.stored == nil || v.stored.rewrite {
				x.name(v)
			}
			if v.stored == nil || gets {
				x.donors(v)
			}
		}
	}
}

// name notes beside a version which values it takes from that before it, where this one is of the same key.
func (x *lines) name(v *version) {
	var names []string
	if v.stored != nil { // columns that these changes do not have
		names = slices.DeleteFunc(slices.Clone(v.takes), func(n string) bool { return slices.Contains(x.columns, n) })
	}
	for i, n := range x.columns {
		if v.was < 0 && lacking(v.lacks, i) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	v.takes = names
}

// mask are columns of the changes, by their names.
func (x *lines) mask(names []string) []byte {
	if len(names) == 0 {
		return nil
	}
	out := make([]byte, (len(x.columns)+7)/8)
	for i, n := range x.columns {
		if slices.Contains(names, n) {
			out[i/8] |= 1 << (i % 8)
		}
	}
	if !anySet(out) {
		return nil
	}
	return out
}

// donors has the rows of the table be read that a version may take values from.
func (x *lines) donors(v *version) {
	for v.lacks != nil && v.before != nil {
		if v = v.before; v.stored == nil {
			continue
		}
		known := v.stored.donor
		v.stored.donor = true
		if known || !anySet(x.given(v)) {
			return
		}
	}
}

// given are the values that a version of the table has, by these changes, from the version before it.
func (x *lines) given(v *version) []byte {
	if v.lacks == nil || v.before == nil {
		return nil
	}
	return common(v.lacks, x.fresh(v.before))
}

// fresh are the values of a version that these changes give it, or versions before it: all of one that the table does not have.
func (x *lines) fresh(v *version) []byte {
	if v.fresh != nil {
		return v.fresh
	}
	v.fresh = make([]byte, (len(x.columns)+7)/8)
	var from []byte
	if v.stored != nil {
		from = x.given(v)
	}
	for i := range x.columns {
		if v.stored == nil || len(v.changes) > 0 && !lacking(v.stored.unknown, i) || lacking(from, i) {
			v.fresh[i/8] |= 1 << (i % 8)
		}
	}
	return v.fresh
}

// source says where a version has the value of a column from: a change, or else a row of the table; -1 and nil where nobody knows it.
func (x *lines) source(v *version, column int) (change int32, row *version) {
	for ; v != nil; v = v.before {
		for _, c := range v.changes {
			if !lacking(bytesAt(x.about.lacks, int(c)), column) {
				return c, nil
			}
		}
		if v.stored == nil {
			continue
		}
		if lacking(x.given(v), column) {
			if change, row = x.source(v.before, column); change >= 0 || row != nil {
				return change, row
			}
		}
		return -1, v
	}
	return -1, nil
}
