# Fills $1/libs with the jars of pom.xml.
set -euo pipefail
here=$(dirname "$0")
. "$here/../maven.sh"
copy_jars "$here/pom.xml" "$1/libs"
