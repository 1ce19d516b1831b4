# Installs the Debian packages of ./packages and makes $1/bin the folder of the server's programs (initdb, postgres).
# Packages that are there already are left as they are; others need root, or sudo without a password.
set -euo pipefail
mapfile -t packages <"$(dirname "$0")/packages"
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
if ! dpkg-query -W "${packages[@]}" >/dev/null; then
  as_root apt-get update
  # No cluster of the distribution's own: the suite makes one in its own folder.
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/ingestd.conf >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
fi
ln -s /usr/lib/postgresql/15/bin "$1/bin"
