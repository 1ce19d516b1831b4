package checksum

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ingestd/ingestd/txlog/action"
)

// MaxSize bounds a version checksum file, in bytes; it may hold all live files of a small table.
const MaxSize = 64 << 20

// record is the JSON object; the names are those of the protocol.
type record struct {
	TxnID             string            `json:"txnId,omitempty"`
	TableSizeBytes    *int64            `json:"tableSizeBytes"`
	NumFiles          *int64            `json:"numFiles"`
	DeletedRecords    *int64            `json:"numDeletedRecordsOpt,omitempty"`
	DeletionVectors   *int64            `json:"numDeletionVectorsOpt,omitempty"`
	NumMetadata       *int64            `json:"numMetadata"`
	NumProtocol       *int64            `json:"numProtocol"`
	InCommitTimestamp *int64            `json:"inCommitTimestampOpt,omitempty"`
	SetTransactions   []json.RawMessage `json:"setTransactions,omitzero"`
	DomainMetadata    []json.RawMessage `json:"domainMetadata,omitzero"`
	Metadata          json.RawMessage   `json:"metadata,omitempty"`
	Protocol          json.RawMessage   `json:"protocol,omitempty"`
	FileSizes         *Histogram        `json:"fileSizeHistogram,omitempty"`
	OldFileSizes      *Histogram        `json:"histogramOpt,omitempty"` // as Spark called it
	DeletedCounts     *counts           `json:"deletedRecordCountsHistogramOpt,omitempty"`
	AllFiles          []json.RawMessage `json:"allFiles,omitzero"`
}

type counts struct {
	Counts []int64 `json:"deletedRecordCounts"`
}

// Parse reads the content of a file. Whatever is wrong with it is an error that says so; what is optional and
// makes no sense counts as not told.
func Parse(text []byte) (*Checksum, error) {
	if len(text) > MaxSize {
		return nil, fmt.Errorf("it has more than %d bytes", MaxSize)
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	for name, v := range map[string]*int64{"tableSizeBytes": r.TableSizeBytes, "numFiles": r.NumFiles, "numMetadata": r.NumMetadata, "numProtocol": r.NumProtocol} {
		if v == nil {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	c := &Checksum{TxnID: r.TxnID, NumMetadata: *r.NumMetadata, NumProtocol: *r.NumProtocol, InCommitTimestamp: r.InCommitTimestamp,
		Totals: Totals{Files: *r.NumFiles, Bytes: *r.TableSizeBytes, Sizes: r.FileSizes}}
	if c.Sizes == nil {
		c.Sizes = r.OldFileSizes
	}
	if c.Sizes != nil && !c.Sizes.valid() {
		c.Sizes = nil
	}
	if r.DeletedRecords != nil && r.DeletionVectors != nil {
		c.Vectors = &Vectors{Files: *r.DeletionVectors, Records: *r.DeletedRecords}
		if r.DeletedCounts != nil && len(r.DeletedCounts.Counts) == len(c.Vectors.Counts) {
			c.Vectors.Counts = (*[10]int64)(r.DeletedCounts.Counts)
		}
	}
	return c, c.actions(&r)
}

// actions decodes the parts that are actions.
func (c *Checksum) actions(r *record) error {
	var err error
	if c.Metadata, err = one[*action.Metadata]("metadata", "metaData", r.Metadata); err != nil {
		return err
	}
	if c.Protocol, err = one[*action.Protocol]("protocol", "protocol", r.Protocol); err != nil {
		return err
	}
	if c.Txns, err = many[*action.Txn]("setTransactions", "txn", r.SetTransactions); err != nil {
		return err
	}
	if c.Domains, err = many[*action.DomainMetadata]("domainMetadata", "domainMetadata", r.DomainMetadata); err != nil {
		return err
	}
	c.AllFiles, err = many[*action.Add]("allFiles", "add", r.AllFiles)
	return err
}

var errNotOne = errors.New("it is not one action")

func one[A action.Action](field, kind string, raw json.RawMessage) (a A, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return a, nil
	}
	line := append(append([]byte(`{"`+kind+`":`), raw...), '}')
	decoded, err := action.Decode(line)
	if err == nil && len(decoded) != 1 {
		err = errNotOne
	}
	if err != nil {
		return a, fmt.Errorf("%s: %w", field, err)
	}
	a, ok := decoded[0].(A)
	if !ok {
		return a, fmt.Errorf("%s: %w", field, errNotOne)
	}
	return a, nil
}

func many[A action.Action](field, kind string, raws []json.RawMessage) ([]A, error) {
	if raws == nil {
		return nil, nil
	}
	out := make([]A, 0, len(raws))
	for _, raw := range raws {
		if string(raw) == "null" {
			return nil, fmt.Errorf("%s: %w", field, errNotOne)
		}
		a, err := one[A](field, kind, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// Encode is the content of the file: one line. The same Checksum always gives the same bytes.
func (c *Checksum) Encode() ([]byte, error) {
	r := record{
		TxnID: c.TxnID, TableSizeBytes: &c.Bytes, NumFiles: &c.Files, NumMetadata: &c.NumMetadata, NumProtocol: &c.NumProtocol,
		InCommitTimestamp: c.InCommitTimestamp, FileSizes: c.Sizes,
		SetTransactions: objects(c.Txns), DomainMetadata: objects(c.Domains), AllFiles: objects(c.AllFiles),
	}
	if c.Metadata != nil {
		r.Metadata = object(c.Metadata)
	}
	if c.Protocol != nil {
		r.Protocol = object(c.Protocol)
	}
	if v := c.Vectors; v != nil {
		r.DeletionVectors, r.DeletedRecords = &v.Files, &v.Records
		if v.Counts != nil {
			r.DeletedCounts = &counts{v.Counts[:]}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return b.Bytes(), err
}

// object is the action without its kind.
func object(a action.Action) json.RawMessage {
	line := action.Append(nil, a)
	return line[len(`{"":`)+len(a.Kind()) : len(line)-1]
}

func objects[A action.Action](actions []A) []json.RawMessage {
	if actions == nil {
		return nil
	}
	out := make([]json.RawMessage, 0, len(actions))
	for _, a := range actions {
		out = append(out, object(a))
	}
	return out
}
