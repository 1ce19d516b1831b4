//go:build integration

package badinput

import (
	"fmt"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

// onS3 is a setting whose table is in a bucket.
func onS3(m *parts.MinIOServer, endpoint, bucket, key, password string) setting {
	return setting{table: "s3://" + bucket + "/lake/t", rest: fmt.Sprintf("storage: {s3: {endpoint: %q, region: %s, access_key_id: %q, secret_access_key: %q}}",
		endpoint, m.Region, key, password)}
}

// useS3 lets the commands without a pipeline file reach m.
func (w *world) useS3(m *parts.MinIOServer) {
	w.env = append(w.env, "AWS_ENDPOINT_URL=http://"+m.Addr, "AWS_ACCESS_KEY_ID="+m.AccessKey, "AWS_SECRET_ACCESS_KEY="+m.SecretKey, "AWS_REGION="+m.Region)
}

func TestAStoreThatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	kafka, m := parts.SharedKafka(t), parts.SharedMinIO(t)
	bucket, url := m.Bucket(t), "http://"+m.Addr
	for name, tt := range map[string]struct {
		setting
		texts []string
	}{
		"wrong secret":   {onS3(m, url, bucket, m.AccessKey, secret), []string{"s3://" + bucket, "permission denied", "the secret key does not fit"}},
		"wrong key":      {onS3(m, url, bucket, "nobody", secret), []string{"s3://" + bucket, "permission denied", "does not know the access key"}},
		"missing bucket": {onS3(m, url, "no-such-bucket", m.AccessKey, m.SecretKey), []string{"no-such-bucket", "bucket"}},
		"endpoint down":  {onS3(m, "http://127.0.0.1:1", bucket, m.AccessKey, m.SecretKey), []string{"http://127.0.0.1:1 cannot be reached", "connection refused"}},
		"TLS":            {onS3(m, "https://"+m.Addr, bucket, m.AccessKey, m.SecretKey), []string{"https://" + m.Addr, "HTTP response to HTTPS client"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kafka)
			w.ids(0, 3)
			w.refused(1, tt.setting, tt.texts...)
			right := onS3(m, url, bucket+"/"+w.topic, m.AccessKey, m.SecretKey)
			w.works(right)
			w.useS3(m)
			w.holds(right.table, 3)
		})
	}
}

func TestCommandsOverS3(t *testing.T) {
	t.Parallel()
	m := parts.SharedMinIO(t)
	w := newWorld(t, parts.SharedKafka(t))
	w.ids(0, 3)
	s := onS3(m, "http://"+m.Addr, m.Bucket(t), m.AccessKey, m.SecretKey)
	w.works(s)
	w.complains(w.run("describe", s.table, "--s3-endpoint", "http://127.0.0.1:1"), 1, "127.0.0.1:1 cannot be reached")
	w.useS3(m)
	for _, args := range [][]string{{"describe", s.table}, {"history", s.table}, {"files", s.table}} {
		if e := w.run(args...); e.code != 0 || e.stdout == "" || e.stderr != "" {
			t.Errorf("%v: %+v", args, e)
		}
	}
	w.holds(s.table, 3)
	w.complains(w.run("describe", "s3://no-such-bucket/t"), 1, "no-such-bucket")
	w.complains(w.run("describe", s.table+"/nowhere"), 1, "is not a Delta table")
	w.env = append(w.env, "AWS_SECRET_ACCESS_KEY="+secret)
	w.complains(w.run("query", fmt.Sprintf("SELECT * FROM delta('%s')", s.table)), 1, "the secret key does not fit")
}

func TestAStoreThatGoesDownAndComesBack(t *testing.T) {
	t.Parallel()
	m := parts.MinIO(t)
	w := newWorld(t, parts.SharedKafka(t))
	w.useS3(m)
	s := onS3(m, "http://"+m.Addr, m.Bucket(t), m.AccessKey, m.SecretKey)
	s.trigger = "processing_time: 100ms"
	w.ids(0, 100)
	p := w.start("run", w.file(s))
	w.awaitRows(s.table, 100)
	if err := m.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.ids(100, 100)
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.awaitRows(s.table, 200)
	if e := p.stop(); e.code != 0 {
		t.Errorf("exit code %d\n%s", e.code, e.stderr)
	}
	w.holds(s.table, 200)
}
