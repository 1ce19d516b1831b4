#!/usr/bin/env bash
# Installs the real parts that the integration suite runs against.
#
#   install.sh [part...]      default: kafka minio python spark
#
# Every part is a folder beside this file: a pinned manifest and an install.sh that fills the folder it is given.
# A part lands in $INGESTD_PARTS/<part> (default: .parts at the root of the repository). A stamp holds the hash of the
# part's folder, so a second run does nothing and a changed manifest installs that part anew.
# Parts are installed side by side; the log of each is in $INGESTD_PARTS/log/<part>.log.
set -euo pipefail

setup=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
parts=${INGESTD_PARTS:-$(cd "$setup/../.." && pwd)/.parts}
mkdir -p "$parts/stamp" "$parts/log"
parts=$(cd "$parts" && pwd)

hash_of() { (cd "$setup/$1" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1); }

installed() { [ "$(cat "$parts/stamp/$1" 2>/dev/null)" = "$2" ]; }

install_part() {
  local part=$1 hash=$2 began=$SECONDS
  # One installer at a time per part: a second test binary waits here and then finds the stamp.
  exec 9>"$parts/stamp/.$part.lock"
  flock 9
  installed "$part" "$hash" && return 0
  echo "installing $part ..." >&2
  rm -rf "$parts/stamp/$part" "${parts:?}/$part"
  mkdir -p "$parts/$part"
  if ! nice -n 5 bash "$setup/$part/install.sh" "$parts/$part" >"$parts/log/$part.log" 2>&1 9>&-; then
    tail -n 30 "$parts/log/$part.log" >&2
    echo "installing $part failed; the whole log is in $parts/log/$part.log" >&2
    return 1
  fi
  echo "$hash" >"$parts/stamp/$part"
  echo "installed $part in $((SECONDS - began)) s" >&2
}

[ $# -gt 0 ] || set -- kafka minio python spark

pids=()
for part in "$@"; do
  if [ ! -f "$setup/$part/install.sh" ]; then
    echo "install.sh: no part named '$part'; there are: $(cd "$setup" && echo */ | tr -d /)" >&2
    exit 2
  fi
  hash=$(hash_of "$part")
  installed "$part" "$hash" && continue
  install_part "$part" "$hash" &
  pids+=($!)
done

failed=0
for pid in "${pids[@]+"${pids[@]}"}"; do
  wait "$pid" || failed=1
done
exit "$failed"
