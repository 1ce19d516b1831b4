package txlog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

// InvalidCommitError says that the actions of a transaction are not ones that the protocol allows in one commit.
type InvalidCommitError struct{ Reason string }

// Error tells the reason.
func (e *InvalidCommitError) Error() string { return "not a valid commit: " + e.Reason }

// AppendOnlyError says that the commit would remove rows of a table that is append-only.
type AppendOnlyError struct{ Path string }

// Error tells the file and the property.
func (e *AppendOnlyError) Error() string {
	return fmt.Sprintf("the table is append-only, so %s cannot be removed; set %s to false to allow it", e.Path, PropAppendOnly)
}

// attempt is one try to commit: what would be written as a version, and the table after it.
type attempt struct {
	txnID  string
	commit rawCommit
	after  *Snapshot
}

// prepare makes the next attempt: what a commit says depends on the version before it. It is the
// place for all that must be computed anew when others were faster.
func (t *Transaction) prepare() (*attempt, error) {
	if err := t.checkRequired(t.base); err != nil {
		return nil, err
	}
	if !t.create {
		if err := t.base.CheckWrite(); err != nil {
			return nil, err
		}
	}
	now := t.log.opts.Now()
	id := t.log.opts.NewID()
	actions := append([]action.Action{t.commitInfo(now.UnixMilli(), id)}, t.actions...)
	c := rawCommit{version: t.base.version + 1, text: action.Encode(actions...), modTime: now}
	after, err := t.base.after(c)
	if err != nil {
		return nil, err
	}
	if err := after.CheckWrite(); err != nil {
		return nil, err
	}
	return &attempt{txnID: id, commit: c, after: after}, t.validate(after)
}

func (t *Transaction) commitInfo(now int64, id string) *action.CommitInfo {
	blind := t.blindAppend()
	info := &action.CommitInfo{
		Timestamp: &now, Operation: t.op.Name, OperationParameters: map[string]json.RawMessage{}, OperationMetrics: t.op.Metrics,
		IsolationLevel: t.readSet().Isolation.String(), IsBlindAppend: &blind, EngineInfo: t.log.opts.EngineInfo, TxnID: id,
	}
	if info.OperationMetrics == nil {
		info.OperationMetrics = map[string]string{}
	}
	for k, v := range t.op.Parameters {
		info.OperationParameters[k] = parameter(v)
	}
	if !t.create {
		read := t.base.version
		info.ReadVersion = &read
	}
	if t.op.UserMetadata != "" {
		info.Extra = action.Extra{"userMetadata": jsonenc.AppendString(nil, t.op.UserMetadata)}
	}
	return info
}

// parameter is a value of operationParameters. Spark reads them as strings, so what is not a
// scalar stands as JSON in a string.
func parameter(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return jsonenc.AppendString(nil, fmt.Sprint(v))
	}
	if raw[0] == '{' || raw[0] == '[' {
		return jsonenc.AppendString(nil, string(raw))
	}
	if s, ok := v.(string); ok {
		return jsonenc.AppendString(nil, s)
	}
	return raw
}

// validate checks the actions against the protocol's rules for one commit ("Delta Log Entries",
// "Add File and Remove File").
func (t *Transaction) validate(after *Snapshot) error {
	v := validator{after: after, seen: map[string]bool{}}
	v.appendOnly = feature.Supports(after.state.protocol, "appendOnly") && (t.base.props.AppendOnly() || after.props.AppendOnly())
	if mode, _ := after.props.Get("delta.columnMapping.mode"); mode == "" || mode == "none" {
		v.partitions = after.state.metadata.PartitionColumns
		v.checkPartitions = true
	}
	for _, a := range t.actions {
		if err := v.action(a); err != nil {
			return err
		}
	}
	return t.supported(after)
}

// supported: a change of schema or properties must not bring what the protocol does not tell readers.
func (t *Transaction) supported(after *Snapshot) error {
	if after.state.metadata == t.base.state.metadata && after.state.protocol == t.base.state.protocol {
		return nil
	}
	missing := feature.Missing(after.state.protocol, after.features())
	if !t.create { // what was so before is not this commit's doing
		before := feature.Missing(t.base.state.protocol, t.base.features())
		missing = slices.DeleteFunc(missing, func(f string) bool { return slices.Contains(before, f) })
	}
	if len(missing) > 0 {
		return &InvalidCommitError{fmt.Sprintf("schema or properties need the table features %s, which the protocol action does not list", strings.Join(missing, ", "))}
	}
	return nil
}

type validator struct {
	after           *Snapshot
	seen            map[string]bool
	appendOnly      bool
	partitions      []string
	checkPartitions bool
}

// once fails where an action of the same kind and name was there before.
func (v *validator) once(kind, name string) error {
	key := kind + "\x00" + name
	if v.seen[key] {
		return &InvalidCommitError{fmt.Sprintf("two %s actions %s", kind, name)}
	}
	v.seen[key] = true
	return nil
}

func (v *validator) action(a action.Action) error {
	switch a := a.(type) {
	case *action.CommitInfo, *action.CheckpointMetadata, *action.Sidecar:
		return &InvalidCommitError{"a staged " + a.Kind()}
	case *action.Protocol:
		return v.once("protocol", "")
	case *action.Metadata:
		if err := v.after.schema.CheckPartitionColumns(a.PartitionColumns); err != nil {
			return &InvalidCommitError{err.Error()}
		}
		if err := v.after.schema.Check(); err != nil {
			return &InvalidCommitError{err.Error()}
		}
		return v.once("metaData", "")
	case *action.Txn:
		return v.once("txn", a.AppID)
	case *action.DomainMetadata:
		return v.once("domainMetadata", a.Domain)
	case *action.Add:
		if err := v.once("add", a.Path); err != nil {
			return err
		}
		return v.partitionValues(a)
	case *action.Remove:
		if v.appendOnly && a.DataChange {
			return &AppendOnlyError{Path: a.Path}
		}
		return v.once("remove", a.Path)
	}
	return nil
}

// partitionValues: an added file has a value, or null, for each partition column and nothing else.
func (v *validator) partitionValues(a *action.Add) error {
	if !v.checkPartitions {
		return nil
	}
	ok := len(a.PartitionValues) == len(v.partitions)
	for _, c := range v.partitions {
		_, has := a.PartitionValues[c]
		ok = ok && has
	}
	if !ok {
		return &InvalidCommitError{fmt.Sprintf("the added file %s has not the partition values of the columns %q", a.Path, v.partitions)}
	}
	return nil
}

func (q requirement) detail(version int64, present bool) string {
	say := func(v int64, ok bool) string {
		if !ok {
			return "none"
		}
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("the progress of the application %q is %s, and this commit goes on from %s", q.appID, say(version, present), say(q.version, q.present))
}
