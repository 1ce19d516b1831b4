package txlog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

// attempt is one try to commit: what would be written as a version, and the table after it.
type attempt struct {
	txnID  string
	commit rawCommit
	after  *Snapshot
}

// prepare makes the next attempt: what a commit says depends on the version before it. It is the
// place for all that must be computed anew when others were faster.
func (t *Transaction) prepare(ctx context.Context) (*attempt, error) {
	if err := t.checkRequired(t.base); err != nil {
		return nil, err
	}
	if !t.create {
		if err := t.base.CheckWrite(); err != nil {
			return nil, err
		}
	}
	now := t.log.opts.Now()
	d := t.draft(now)
	d.commitTime()
	d.protectCheckpoints()
	if err := d.rowIDs(); err != nil {
		return nil, err
	}
	id := t.log.opts.NewID()
	text := action.Encode(append([]action.Action{t.commitInfo(d, id)}, d.actions...)...)
	c := rawCommit{version: d.version, text: text, modTime: now}
	after, err := t.base.after(c)
	if err != nil {
		return nil, err
	}
	if err := after.CheckWrite(); err != nil {
		return nil, err
	}
	return &attempt{txnID: id, commit: c, after: after}, t.validate(ctx, d, after)
}

// draft is what is being made of the staged actions for one attempt. The staged ones stay as they are,
// so that the next attempt starts from them again.
type draft struct {
	t        *Transaction
	base     *Snapshot
	version  int64
	now      time.Time
	protocol *action.Protocol // in force after the commit; nil where a create stages none
	metadata *action.Metadata // likewise
	props    Properties
	time     *int64 // the in-commit timestamp
	actions  []action.Action
}

func (t *Transaction) draft(now time.Time) *draft {
	d := &draft{t: t, base: t.base, version: t.base.version + 1, now: now, protocol: t.base.state.protocol, metadata: t.base.state.metadata}
	d.actions = make([]action.Action, len(t.actions), len(t.actions)+2)
	copy(d.actions, t.actions)
	for _, a := range t.actions {
		switch a := a.(type) {
		case *action.Protocol:
			d.protocol = a
		case *action.Metadata:
			d.metadata = a
		}
	}
	if d.metadata != nil {
		d.props = NewProperties(d.metadata.Configuration)
	}
	return d
}

// setProperties puts properties into the metadata of the draft; an empty value removes one.
func (d *draft) setProperties(pairs map[string]string) {
	m := *d.metadata
	m.Configuration = d.props.All()
	if m.Configuration == nil {
		m.Configuration = map[string]string{}
	}
	for k, v := range pairs {
		if m.Configuration[k] = v; v == "" {
			delete(m.Configuration, k)
		}
	}
	staged := false
	for i, a := range d.actions {
		if a == action.Action(d.metadata) {
			d.actions[i], staged = &m, true
		}
	}
	if !staged {
		d.actions = append(d.actions, &m)
	}
	d.metadata, d.props = &m, NewProperties(m.Configuration)
}

func (t *Transaction) commitInfo(d *draft, id string) *action.CommitInfo {
	blind, now := t.blindAppend(), d.now.UnixMilli()
	info := &action.CommitInfo{
		Timestamp: &now, InCommitTimestamp: d.time, Operation: t.op.Name, OperationParameters: map[string]json.RawMessage{}, OperationMetrics: t.op.Metrics,
		IsolationLevel: t.readSet().Isolation.String(), IsBlindAppend: &blind, EngineInfo: t.log.opts.EngineInfo, TxnID: id,
		Extra: action.Extra{},
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
		info.Extra["userMetadata"] = jsonenc.AppendString(nil, t.op.UserMetadata)
	}
	if d.rowTracking() && d.props.RowTracking() {
		info.Extra["tags"] = json.RawMessage(fmt.Sprintf(`{%q:"%t"}`, rowTrackingPreserved, !t.op.RowIDsLost))
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

func (q requirement) detail(version int64, present bool) string {
	say := func(v int64, ok bool) string {
		if !ok {
			return "none"
		}
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("the progress of the application %q is %s, and this commit goes on from %s", q.appID, say(version, present), say(q.version, q.present))
}
