package parts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root is the root of the repository: the nearest folder upwards from the working directory that holds both go.mod and
// integration/setup. It fails outside of a checkout.
func Root() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, "go.mod")) && exists(filepath.Join(dir, "integration", "setup", "install.sh")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find the repository: no checkout of ingestd holds %s", wd)
		}
	}
}

// Dir is the folder that the parts are installed in, one folder for each.
func Dir() (string, error) {
	if dir := os.Getenv("INGESTD_PARTS"); dir != "" {
		return filepath.Abs(dir)
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, ".parts"), nil
}

// composed tells whether Kafka and MinIO are those of docker-compose.yml.
func composed() (bool, error) {
	switch mode := os.Getenv("INTEGRATION"); mode {
	case "", "local":
		return false, nil
	case "compose":
		return true, nil
	default:
		return false, fmt.Errorf("INTEGRATION=%s: want local or compose", mode)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
