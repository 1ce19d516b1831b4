# Fills $1/jars with the jars of pom.xml. The python part, which ships Spark, decides at start which of them it lacks.
set -euo pipefail
here=$(dirname "$0")
. "$here/../maven.sh"
copy_jars "$here/pom.xml" "$1/jars"
