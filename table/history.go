package table

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/ingestd/ingestd/txlog/action"
)

// HistoryEntry is one commit, with the columns of Spark's DESCRIBE HISTORY. What the commit does
// not tell is nil or empty.
type HistoryEntry struct {
	Version             int64             `json:"version"`
	Timestamp           time.Time         `json:"timestamp"`
	UserID              *string           `json:"userId"`
	UserName            *string           `json:"userName"`
	Operation           string            `json:"operation"`
	OperationParameters map[string]string `json:"operationParameters"`
	Job                 json.RawMessage   `json:"job"`
	Notebook            json.RawMessage   `json:"notebook"`
	ClusterID           *string           `json:"clusterId"`
	ReadVersion         *int64            `json:"readVersion"`
	IsolationLevel      string            `json:"isolationLevel"`
	IsBlindAppend       *bool             `json:"isBlindAppend"`
	OperationMetrics    map[string]string `json:"operationMetrics"`
	UserMetadata        *string           `json:"userMetadata"`
	EngineInfo          string            `json:"engineInfo"`
}

// History yields the commits that the log still has, newest first, at most limit of them (0: all).
// The first error ends the sequence.
func (t *Table) History(ctx context.Context, limit int) iter.Seq2[HistoryEntry, error] {
	return func(yield func(HistoryEntry, error) bool) {
		for c, err := range t.log.History(ctx, limit) {
			if err != nil {
				yield(HistoryEntry{}, err)
				return
			}
			e := HistoryEntry{Version: c.Version, Timestamp: c.Timestamp.UTC()}
			for _, a := range c.Actions {
				if info, ok := a.(*action.CommitInfo); ok {
					e.fill(info)
					break
				}
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (e *HistoryEntry) fill(info *action.CommitInfo) {
	e.Operation, e.OperationMetrics = info.Operation, info.OperationMetrics
	e.ReadVersion, e.IsolationLevel, e.IsBlindAppend = info.ReadVersion, info.IsolationLevel, info.IsBlindAppend
	e.EngineInfo = info.EngineInfo
	e.Job, e.Notebook = info.Extra["job"], info.Extra["notebook"]
	e.UserID, e.UserName = text(info.Extra["userId"]), text(info.Extra["userName"])
	e.ClusterID, e.UserMetadata = text(info.Extra["clusterId"]), text(info.Extra["userMetadata"])
	e.OperationParameters = make(map[string]string, len(info.OperationParameters))
	for k, v := range info.OperationParameters {
		if s := text(v); s != nil {
			e.OperationParameters[k] = *s
		} else if string(v) != "null" {
			e.OperationParameters[k] = string(v)
		}
	}
}

// text is a JSON string, or nil.
func text(raw json.RawMessage) *string {
	var s *string
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return s
}
