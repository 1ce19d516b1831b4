package txlog

import (
	"fmt"

	"github.com/ingestd/ingestd/txlog/action"
)

// layer is the file actions of some consecutive commits, reconciled: the newest for each file. The
// actions stay as text until someone wants them. Layers are immutable.
type layer struct {
	entries []fileEntry
	index   map[fileKey]uint32 // into entries
}

type fileEntry struct {
	key    fileKey
	body   []byte // the object of the action; nil: a newer entry of the layer has replaced it
	remove bool
}

// readEntries finds the file actions of a commit.
func readEntries(c rawCommit) ([]fileEntry, error) {
	var out []fileEntry
	err := action.Scan(c.text, func(f action.FileRef) error {
		out = append(out, fileEntry{keyOf(f.Path, f.DV), f.Body, f.Remove})
		return nil
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("commit version %d: %w", c.version, err)
	}
	return out, nil
}

// newLayer reconciles entries, given in the order of their commits.
func newLayer(commits ...[]fileEntry) *layer {
	n := 0
	for _, c := range commits {
		n += len(c)
	}
	l := &layer{entries: make([]fileEntry, 0, n), index: make(map[fileKey]uint32, n)}
	for _, c := range commits {
		for _, e := range c {
			if e.body != nil {
				l.put(e)
			}
		}
	}
	return l
}

func (l *layer) put(e fileEntry) {
	if i, ok := l.index[e.key]; ok {
		l.entries[i].body = nil
	}
	l.index[e.key] = uint32(len(l.entries))
	l.entries = append(l.entries, e)
}

// layers are the file actions of consecutive commits, oldest first. Their sizes shrink from one to
// the next by half at least, so there are few, and adding one commit costs little.
type layers []*layer

// with is ls and one more commit; ls stays as it is.
func (ls layers) with(l *layer) layers {
	if len(l.entries) == 0 {
		return ls
	}
	out := append(layers(nil), ls...)
	for len(out) > 0 && len(out[len(out)-1].entries) <= 2*len(l.entries) {
		l = newLayer(out[len(out)-1].entries, l.entries)
		out = out[:len(out)-1]
	}
	return append(out, l)
}

// knows says whether any layer has an action of the file.
func (ls layers) knows(k fileKey) bool {
	for i := len(ls) - 1; i >= 0; i-- {
		if _, ok := ls[i].index[k]; ok {
			return true
		}
	}
	return false
}

// each gives the newest action of every file.
func (ls layers) each(yield func(fileEntry) bool) {
	for i, l := range ls {
		newer := ls[i+1:]
		for _, e := range l.entries {
			if e.body != nil && !newer.knows(e.key) && !yield(e) {
				return
			}
		}
	}
}
