package txlog

import (
	"slices"
	"strconv"

	"github.com/ingestd/ingestd/txlog/feature"
)

// commitTime gives the commit its in-commit timestamp, where the table has those after it ("Writer
// Requirements for In-Commit Timestamps"): now, but at least a millisecond after the commit before. The
// commit that turns them on records its version and time in the table properties, unless it makes the table.
func (d *draft) commitTime() {
	if d.protocol == nil || d.metadata == nil || !feature.Supports(d.protocol, "inCommitTimestamp") || !d.props.bool(PropInCommitTimestamps, false) {
		return
	}
	before := !d.t.create && d.base.InCommitTimestamps()
	at := max(d.now.UnixMilli(), d.base.lastTime(before)+1)
	d.time = &at
	switch {
	case d.t.create:
		d.setEnabledAt("", "") // what a table that is the model of this one had
	case !before:
		d.setEnabledAt(strconv.FormatInt(d.version, 10), strconv.FormatInt(at, 10))
	default: // they stay as they are, whatever replaces the metadata
		version, _ := d.base.props.Get(PropInCommitEnabledVersion)
		since, _ := d.base.props.Get(PropInCommitEnabledTime)
		d.setEnabledAt(version, since)
	}
}

func (d *draft) setEnabledAt(version, at string) {
	v, _ := d.props.Get(PropInCommitEnabledVersion)
	s, _ := d.props.Get(PropInCommitEnabledTime)
	if v != version || s != at {
		d.setProperties(map[string]string{PropInCommitEnabledVersion: version, PropInCommitEnabledTime: at})
	}
}

// lastTime is what the next in-commit timestamp must be greater than, in milliseconds: the one of this
// version, or where the table has none yet the time of its file. Where the commit is gone, and nothing else
// of the log tells its time, it is the time from which the table has them on.
func (s *Snapshot) lastTime(inCommit bool) int64 {
	var last int64
	if i := s.state.info; i != nil && i.InCommitTimestamp != nil {
		last = *i.InCommitTimestamp
	}
	if inCommit {
		return max(last, s.props.int(PropInCommitEnabledTime, 0))
	}
	if !s.modTime.IsZero() {
		last = max(last, s.modTime.UnixMilli())
	}
	return last
}

// protectCheckpoints: a commit that drops features from the protocol of a table with checkpointProtection
// moves the boundary of what is protected to its own version, which is only known now.
func (d *draft) protectCheckpoints() {
	if d.t.create || d.metadata == nil || d.protocol == d.base.state.protocol || !feature.Supports(d.protocol, "checkpointProtection") {
		return
	}
	after := feature.Names(d.protocol)
	for _, name := range feature.Names(d.base.state.protocol) {
		if !slices.Contains(after, name) {
			d.setProperties(map[string]string{PropCheckpointProtection: strconv.FormatInt(d.version, 10)})
			return
		}
	}
}
