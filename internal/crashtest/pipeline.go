package crashtest

import (
	"os"
	"strings"
	"text/template"

	"github.com/ingestd/ingestd/internal/shop"
)

// Pipeline is the pipeline file of a query that takes shop events.
type Pipeline struct {
	Name        string
	Brokers     []string
	Topic       string
	Table       string // a path or URL; dead letters go beside it
	Checkpoint  string // a path or URL; "" for none
	SQL         string // of an operator; "" for none
	PartitionBy string // a column; "" for none
	MaxOffsets  int64  // per trigger
	Forever     bool   // runs until it is stopped; else until all that is there now is in
	Every       string // with Forever: the time between batches, such as 1s; "" for none
	// Endpoint, AccessKey and SecretKey are those of an S3 server.
	Endpoint, AccessKey, SecretKey string
}

// DeadLetters is the table of the dead letters.
func (p Pipeline) DeadLetters() string { return p.Table + "_dead_letter" }

var pipelineFile = template.Must(template.New("").Funcs(template.FuncMap{"list": func(s []string) string { return strings.Join(s, ", ") }}).Parse(`name: {{.Name}}
source:
  kafka:
    brokers: [{{list .Brokers}}]
    topics: [{{.Topic}}]
    starting_offsets: earliest
    max_offsets_per_trigger: {{.MaxOffsets}}
format:
  json: {schema: "` + shop.DDL + `", metadata: [partition, offset]}
{{- if .SQL}}
operators:
  - sql: {{.SQL}}
{{- end}}
sink:
  delta:
    table: {{.Table}}
{{- if .PartitionBy}}
    partition_by: [{{.PartitionBy}}]
{{- end}}
    table_properties: {delta.checkpointInterval: "4"}
{{- if not .Forever}}
trigger: {available_now: true}
{{- else if .Every}}
trigger: {processing_time: {{.Every}}}
{{- end}}
{{- if .Checkpoint}}
checkpoint_location: {{.Checkpoint}}
{{- end}}
{{- if .Endpoint}}
storage:
  s3: {endpoint: "{{.Endpoint}}", region: us-east-1, access_key_id: "{{.AccessKey}}", secret_access_key: "{{.SecretKey}}", path_style: true}
{{- end}}
`))

// Write writes the pipeline file to path.
func (p Pipeline) Write(path string) error {
	var b strings.Builder
	if err := pipelineFile.Execute(&b, p); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}
