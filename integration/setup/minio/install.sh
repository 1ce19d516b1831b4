# Builds the MinIO server of the pinned version into $1/minio.
set -euo pipefail
version=$(cat "$(dirname "$0")/version")
cd "$1" # outside any module: the version is MinIO's, and so are its requirements
CGO_ENABLED=0 GOFLAGS=-trimpath GOBIN="$1" go install -p 2 "github.com/minio/minio@$version"
