package config

import (
	"strings"
	"time"
)

// File is a pipeline file: one query, or several under Queries.
type File struct {
	Queries []*Query
	Storage Storage
	Server  Server
}

// Query is one pipeline: source, format, operators, sink.
type Query struct {
	Name               string     `yaml:"name"`
	Source             Source     `yaml:"source"`
	Format             Format     `yaml:"format"`
	Operators          []Operator `yaml:"operators"`
	Sink               Sink       `yaml:"sink"`
	DeadLetter         DeadLetter `yaml:"dead_letter"`
	OutputMode         string     `yaml:"output_mode"`
	Batch              Batch      `yaml:"batch"`
	Trigger            Trigger    `yaml:"trigger"`
	CheckpointLocation string     `yaml:"checkpoint_location"`

	Line int // of the file where the query begins

	place func(key string) Problem // in the file; nil for a query that is from none
}

// Problem is something wrong at a key of the query ("operators[0].sql"), at its place in the file or, where the file
// does not have the key, at the nearest one around it.
func (q *Query) Problem(key, message string) Problem {
	p := Problem{Key: key}
	if q.place != nil {
		p = q.place(key)
	}
	p.Message = message
	return p
}

// Source names one source.
type Source struct {
	Kafka *Kafka `yaml:"kafka"`
}

// Kafka is Spark's Kafka source, its options in snake_case.
type Kafka struct {
	Brokers                   []string          `yaml:"brokers"`
	Topics                    []string          `yaml:"topics"`
	TopicPattern              string            `yaml:"topic_pattern"`
	StartingOffsets           OffsetSpec        `yaml:"starting_offsets"`
	StartingTimestampStrategy string            `yaml:"starting_offsets_by_timestamp_strategy"` // error or latest, where a partition has no record that new
	EndingOffsets             OffsetSpec        `yaml:"ending_offsets"`
	MaxOffsetsPerTrigger      int64             `yaml:"max_offsets_per_trigger"`
	MinOffsetsPerTrigger      int64             `yaml:"min_offsets_per_trigger"`
	MaxTriggerDelay           time.Duration     `yaml:"max_trigger_delay"`
	MinPartitions             int               `yaml:"min_partitions"`
	FailOnDataLoss            *bool             `yaml:"fail_on_data_loss"`
	IncludeHeaders            bool              `yaml:"include_headers"`
	GroupID                   string            `yaml:"group_id"`
	IsolationLevel            string            `yaml:"isolation_level"`
	Rack                      string            `yaml:"rack"` // Kafka's client.rack: read from replicas nearby
	TLS                       *TLS              `yaml:"tls"`
	SASL                      *SASL             `yaml:"sasl"`
	Options                   map[string]string `yaml:"options"` // client options by Kafka's own names
}

// TLS is the transport security of a connection to the brokers.
type TLS struct {
	CAFile             string `yaml:"ca_file"`
	CertFile           string `yaml:"cert_file"`
	KeyFile            string `yaml:"key_file"`
	ServerName         string `yaml:"server_name"`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"`
}

// SASL is how the client proves to the brokers who it is.
type SASL struct {
	Mechanism string `yaml:"mechanism"`
	Username  string `yaml:"username"`
	Password  Secret `yaml:"password"`
	Token     Secret `yaml:"token"`
}

// Format names one format; none is Kafka's own columns.
type Format struct {
	JSON     *JSON     `yaml:"json"`
	Debezium *Debezium `yaml:"debezium"`
}

// JSON reads the record's value as one JSON object.
type JSON struct {
	Schema   string   `yaml:"schema"` // DDL
	OnError  string   `yaml:"on_error"`
	TimeZone string   `yaml:"time_zone"`
	Metadata []string `yaml:"metadata"`
}

// Debezium reads the change events of Debezium's connectors; its options are the connector's, in snake_case.
type Debezium struct {
	Schema                      string            `yaml:"schema"` // DDL, for events without a schema
	OnError                     string            `yaml:"on_error"`
	DecimalHandlingMode         string            `yaml:"decimal_handling_mode"`
	TimePrecisionMode           string            `yaml:"time_precision_mode"`
	BinaryHandlingMode          string            `yaml:"binary_handling_mode"`
	UnavailableValuePlaceholder string            `yaml:"unavailable_value_placeholder"`
	AddFieldsPrefix             string            `yaml:"add_fields_prefix"`
	SemanticTypes               map[string]string `yaml:"semantic_types"` // by column, for events without a schema
}

// Operator names one operator.
type Operator struct {
	SQL string `yaml:"sql"`
}

// Sink names one sink.
type Sink struct {
	Delta   *Delta   `yaml:"delta"`
	Console *Console `yaml:"console"`
}

// Delta is a Delta table or, in mode cdc, many.
type Delta struct {
	Table              string            `yaml:"table"`
	Mode               string            `yaml:"mode"`
	PartitionBy        []string          `yaml:"partition_by"`
	MergeSchema        bool              `yaml:"merge_schema"`
	TargetFileSize     Bytes             `yaml:"target_file_size"`
	TableProperties    map[string]string `yaml:"table_properties"`
	On                 string            `yaml:"on"`                  // mode merge
	When               []string          `yaml:"when"`                // mode merge
	Keys               []string          `yaml:"keys"`                // mode cdc
	SchemaChange       string            `yaml:"schema_change"`       // mode cdc
	Deletes            string            `yaml:"deletes"`             // mode cdc
	SCDType            int               `yaml:"scd_type"`            // mode cdc: 1 or 2
	TombstoneRetention *time.Duration    `yaml:"tombstone_retention"` // mode cdc; 0: deletions are not remembered
	SequenceBy         string            `yaml:"sequence_by"`         // mode cdc of rows that are not Debezium's, as the following
	DeleteWhen         string            `yaml:"delete_when"`
	TruncateWhen       string            `yaml:"truncate_when"`
	IgnoreNullUpdates  bool              `yaml:"ignore_null_updates"`
	Columns            Columns           `yaml:"columns"`
}

// Many says whether the sink feeds many tables: its location names parts of where changes come from.
func (d *Delta) Many() bool { return d.Mode == "cdc" && strings.Contains(d.Table, "{") }

// Console prints the rows.
type Console struct {
	NumRows int `yaml:"num_rows"`
}

// DeadLetter says where records go that cannot be decoded.
type DeadLetter struct {
	Table string `yaml:"table"` // default: the sink's table with "_dead_letter" after its name
}

// Batch bounds a micro-batch; whichever comes first closes it.
type Batch struct {
	MaxAge   time.Duration `yaml:"max_age"`
	MaxBytes Bytes         `yaml:"max_bytes"`
	MaxRows  int64         `yaml:"max_rows"`
}

// Trigger says when a batch begins; the zero Trigger is: as soon as the last one ended and there is data.
type Trigger struct {
	ProcessingTime *time.Duration `yaml:"processing_time"`
	Once           bool           `yaml:"once"`
	AvailableNow   bool           `yaml:"available_now"`
}

// Storage is how object stores are reached. What is empty comes from the usual chain: environment, shared files, instance role.
type Storage struct {
	S3 S3 `yaml:"s3"`
}

// S3 is an S3 service or MinIO.
type S3 struct {
	Endpoint        string `yaml:"endpoint"` // URL; http:// for no TLS
	Region          string `yaml:"region"`
	AccessKeyID     string `yaml:"access_key_id"`
	SecretAccessKey Secret `yaml:"secret_access_key"`
	SessionToken    Secret `yaml:"session_token"`
	PathStyle       *bool  `yaml:"path_style"`
	Commit          Commit `yaml:"commit"`
}

// Commit is how commits are made atomic on a store that does not honour conditional puts; none is by conditional puts.
type Commit struct {
	DynamoDB *DynamoDB `yaml:"dynamodb"`
}

// DynamoDB is the commit arbiter of Spark's S3DynamoDBLogStore. What is empty has Spark's default; credentials come from the usual chain.
type DynamoDB struct {
	Table           string        `yaml:"table"`
	Region          string        `yaml:"region"`
	Endpoint        string        `yaml:"endpoint"` // URL
	AccessKeyID     string        `yaml:"access_key_id"`
	SecretAccessKey Secret        `yaml:"secret_access_key"`
	SessionToken    Secret        `yaml:"session_token"`
	Scheme          string        `yaml:"scheme"`        // how the other writers spell the table's URL: s3a or s3
	OnDemand        bool          `yaml:"on_demand"`     // a table that we make is paid by request
	ReadCapacity    int64         `yaml:"read_capacity"` // else it has these capacities
	WriteCapacity   int64         `yaml:"write_capacity"`
	TTL             time.Duration `yaml:"ttl"` // how long the entry of a commit is kept
}

// Server is the address of metrics and health.
type Server struct {
	Listen string `yaml:"listen"` // host:port; empty: none. Loopback unless a host is given.
}
