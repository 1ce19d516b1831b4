package parts

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// MinIOServer is an S3 endpoint over plain HTTP with path-style addresses. Its objects survive Stop, Kill and Restart.
type MinIOServer struct {
	server
	Addr      string // host:port
	AccessKey string
	SecretKey string
	Region    string
}

// StartMinIO starts a server that keeps all it has in dir. With INTEGRATION=compose it attaches to the composed server,
// and dir means nothing. The caller stops it.
func StartMinIO(ctx context.Context, dir string) (*MinIOServer, error) {
	compose, err := composed()
	if err != nil {
		return nil, err
	}
	m := &MinIOServer{Addr: "127.0.0.1:9000", AccessKey: "ingestd", SecretKey: "ingestd-secret", Region: "us-east-1"}
	m.server = server{name: "minio", ready: m.answers, host: composeHost{"minio"}}
	if !compose {
		if err := m.prepare(ctx, dir); err != nil {
			return nil, fmt.Errorf("prepare minio: %w", err)
		}
	}
	if err := m.Restart(ctx); err != nil {
		_ = m.Kill(ctx)
		return nil, err
	}
	return m, nil
}

func (m *MinIOServer) prepare(ctx context.Context, dir string) error {
	if err := Install(ctx, "minio"); err != nil {
		return err
	}
	parts, err := Dir()
	if err != nil {
		return err
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	m.Addr = loopback(ports[0])
	m.host = &localHost{
		name: "minio",
		command: func() *exec.Cmd {
			data := filepath.Join(dir, "data")
			cmd := exec.Command(filepath.Join(parts, "minio", "minio"), "server", "--quiet", "--address", m.Addr, data)
			cmd.Env = append(os.Environ(),
				"MINIO_ROOT_USER="+m.AccessKey, "MINIO_ROOT_PASSWORD="+m.SecretKey, "MINIO_BROWSER=off", "MINIO_UPDATE=off")
			return cmd
		},
		log: filepath.Join(dir, "minio.log"),
	}
	return nil
}

func (m *MinIOServer) answers(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Addr+"/minio/health/ready", nil)
	if err != nil {
		return err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("minio at %s answers %s", m.Addr, response.Status)
	}
	client, err := m.Client()
	if err != nil {
		return err
	}
	_, err = client.ListBuckets(ctx) // it says to be ready a little before it is
	return err
}

// Client is a client of the server's own S3 API; it holds no goroutine.
func (m *MinIOServer) Client() (*minio.Client, error) {
	client, err := minio.New(m.Addr, &minio.Options{
		Creds:  credentials.NewStaticV4(m.AccessKey, m.SecretKey, ""),
		Region: m.Region,
	})
	if err != nil {
		return nil, fmt.Errorf("client of minio at %s: %w", m.Addr, err)
	}
	return client, nil
}

// CreateBucket creates a bucket. One that exists is an error.
func (m *MinIOServer) CreateBucket(ctx context.Context, bucket string) error {
	client, err := m.Client()
	if err != nil {
		return err
	}
	if err := client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{Region: m.Region}); err != nil {
		return fmt.Errorf("create bucket %s: %w", bucket, err)
	}
	return nil
}

// Mirror copies the objects below prefix into dir, which then holds what the prefix holds: a table for an engine that
// reads local folders only.
func (m *MinIOServer) Mirror(ctx context.Context, bucket, prefix, dir string) error {
	client, err := m.Client()
	if err != nil {
		return err
	}
	for object := range client.ListObjectsIter(ctx, bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		err := object.Err
		if err == nil {
			name := filepath.FromSlash(object.Key[len(prefix):])
			err = client.FGetObject(ctx, bucket, object.Key, filepath.Join(dir, name), minio.GetObjectOptions{})
		}
		if err != nil {
			return fmt.Errorf("mirror %s/%s: %w", bucket, prefix, err)
		}
	}
	return nil
}
