package txlog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
)

// InvalidCommitError says that the actions of a transaction are not ones that the protocol allows in one commit.
type InvalidCommitError struct {
	Feature string // whose rule it is; empty for those of every table
	Reason  string // with the way out
}

// Error tells the reason.
func (e *InvalidCommitError) Error() string {
	if e.Feature == "" {
		return "not a valid commit: " + e.Reason
	}
	return "not a valid commit: " + e.Feature + ": " + e.Reason
}

func invalid(format string, args ...any) error {
	return &InvalidCommitError{Reason: fmt.Sprintf(format, args...)}
}

// rule is what one feature, or the protocol for every table, demands of one commit. The files named rules_*.go
// have them, a table for each matter.
type rule struct {
	feature string // its name, told in errors; empty for all tables
	// applies says whether the rule binds the commit; nil is always. With a feature it is asked only where
	// the table supports that after the commit.
	applies func(*proposal) bool
	// check looks at the commit as a whole, and add, remove at each of those actions; nil is no demand.
	check  func(context.Context, *proposal) error
	add    func(*proposal, *action.Add) error
	remove func(*proposal, *action.Remove) error
}

// rules are all of them, in the order in which they are asked: what is wrong with the metadata is told first.
var rules = slices.Concat(commitRules, metadataRules, columnRules, mappingRules, icebergRules, fileRules, featureRules)

// proposal is a commit that is to be checked.
type proposal struct {
	t             *Transaction
	base, after   *Snapshot // base has no state where the commit creates the table
	actions       []action.Action
	changed       bool                     // metadata or protocol are not those of base
	adds, removes map[string]action.Action // by canonical path
	kinds         map[string]int           // how many actions of each
	partitions    map[string]bool          // physical names of the partition columns
	staged        []*action.DomainMetadata // but for our own
	cdc           []*action.CDC
}

// validate checks the commit of an attempt by the rules ("Delta Log Entries" and the sections of the features).
// Errors: *InvalidCommitError, *AppendOnlyError, those of reading the table.
func (t *Transaction) validate(ctx context.Context, d *draft, after *Snapshot) error {
	p := &proposal{
		t: t, base: t.base, after: after, actions: d.actions, adds: map[string]action.Action{}, removes: map[string]action.Action{}, kinds: map[string]int{},
		changed: after.state.metadata != t.base.state.metadata || after.state.protocol != t.base.state.protocol,
	}
	p.partitions = map[string]bool{}
	for _, c := range after.state.metadata.PartitionColumns {
		if path, ok := after.schema.PhysicalPath(after.Mapping(), c); ok {
			c = path[0]
		}
		p.partitions[c] = true
	}
	if err := p.collect(); err != nil {
		return err
	}
	var bind []rule
	for _, r := range rules {
		if (r.feature == "" || after.Supports(r.feature)) && (r.applies == nil || r.applies(p)) {
			bind = append(bind, r)
		}
	}
	for _, r := range bind {
		if r.check != nil {
			if err := r.named(r.check(ctx, p)); err != nil {
				return err
			}
		}
	}
	return p.eachFile(bind)
}

func (p *proposal) eachFile(bind []rule) error {
	for _, a := range p.actions {
		for _, r := range bind {
			var err error
			switch a := a.(type) {
			case *action.Add:
				if r.add != nil {
					err = r.add(p, a)
				}
			case *action.Remove:
				if r.remove != nil {
					err = r.remove(p, a)
				}
			}
			if err != nil {
				return r.named(err)
			}
		}
	}
	return nil
}

// named tells the feature in the error.
func (r rule) named(err error) error {
	var e *InvalidCommitError
	if errors.As(err, &e) && e.Feature == "" {
		e.Feature = r.feature
	}
	return err
}

// collect sorts the actions, of which there must not be two that mean the same thing.
func (p *proposal) collect() error {
	seen := map[string]bool{}
	for _, a := range p.actions {
		name := ""
		switch a := a.(type) {
		case *action.Add:
			name = pathKey(a.Path)
			p.adds[name] = a
		case *action.Remove:
			name = pathKey(a.Path)
			p.removes[name] = a
		case *action.Txn:
			name = a.AppID
		case *action.DomainMetadata:
			name = a.Domain
			if slices.Contains(p.t.actions, action.Action(a)) {
				p.staged = append(p.staged, a)
			}
		case *action.CDC:
			name = a.Path
			p.cdc = append(p.cdc, a)
		case *action.Unknown:
			name = fmt.Sprint(len(seen)) // what it means is not ours to say
		case *action.CommitInfo, *action.CheckpointMetadata, *action.Sidecar:
			return invalid("a staged %s", a.Kind())
		}
		p.kinds[a.Kind()]++
		key := a.Kind() + "\x00" + name
		if seen[key] {
			return invalid("two %s actions %s", a.Kind(), name)
		}
		seen[key] = true
	}
	return nil
}

func (p *proposal) changesTable() bool { return p.changed }

// replaces says whether what was in the table before may be gone after the commit, so that its columns need
// not be what they were: it removes files, or it is an operation that replaces the table.
func (p *proposal) replaces() bool {
	mode, _ := p.t.op.Parameters["mode"].(string)
	return p.t.create || len(p.removes) > 0 || strings.EqualFold(mode, "Overwrite") || strings.Contains(p.t.op.Name, "REPLACE") || p.restores()
}

// restores says whether the commit brings back an older version of the table.
func (p *proposal) restores() bool { return p.t.op.Name == "RESTORE" || p.t.op.Name == "CLONE" }

// commitRules hold for every commit.
var commitRules = []rule{
	{add: partitionValues},
	{applies: (*proposal).changesTable, check: readersKnow},
}

// partitionValues: an added file has a value, or null, for each partition column, under its physical name,
// and nothing else.
func partitionValues(p *proposal, a *action.Add) error {
	ok := len(a.PartitionValues) == len(p.partitions)
	for c := range p.partitions {
		_, has := a.PartitionValues[c]
		ok = ok && has
	}
	if !ok {
		return invalid("the added file %s has not the partition values of the columns %q", a.Path, p.after.state.metadata.PartitionColumns)
	}
	return nil
}

// readersKnow: a change of schema or properties must not bring what the protocol does not tell readers.
func readersKnow(_ context.Context, p *proposal) error {
	missing := feature.Missing(p.after.state.protocol, p.after.features())
	if !p.t.create { // what was so before is not this commit's doing
		before := feature.Missing(p.base.state.protocol, p.base.features())
		missing = slices.DeleteFunc(missing, func(f string) bool { return slices.Contains(before, f) })
	}
	if len(missing) > 0 {
		return invalid("schema or properties need the table features %s, which the protocol action does not list", strings.Join(missing, ", "))
	}
	return nil
}
