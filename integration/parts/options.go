package parts

import "maps"

// An Option says which table an engine means, or how it writes. One that an engine does not know makes it raise.
type Option map[string]any

// AtVersion reads the table as of a version.
func AtVersion(version int64) Option { return Option{"version": version} }

// AtTimestamp reads the table as of a time, spelled as Spark takes it. Spark only.
func AtTimestamp(timestamp string) Option { return Option{"timestamp": timestamp} }

// PartitionBy makes a table that is created by an append partitioned by these columns.
func PartitionBy(columns ...string) Option { return Option{"partition_by": columns} }

// Mode replaces the writer's mode, "append": "overwrite", "error", "ignore".
func Mode(mode string) Option { return Option{"mode": mode} }

// WriterOptions are options of the engine's own writer: Spark's writer options, or arguments of write_deltalake.
func WriterOptions(options map[string]any) Option { return Option{"options": options} }

// On says that a path that begins with s3:// is on this server. Not for Spark, which reads local folders only: see
// [MinIOServer.Mirror].
func On(m *MinIOServer) Option {
	return Option{"storage": map[string]string{
		"AWS_ENDPOINT_URL":      "http://" + m.Addr,
		"AWS_ACCESS_KEY_ID":     m.AccessKey,
		"AWS_SECRET_ACCESS_KEY": m.SecretKey,
		"AWS_REGION":            m.Region,
		"AWS_ALLOW_HTTP":        "true",
		"conditional_put":       "etag",
	}}
}

func merge(args map[string]any, options []Option) map[string]any {
	for _, option := range options {
		maps.Copy(args, option)
	}
	return args
}
