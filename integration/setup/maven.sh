# Sourced by the parts that are jars: copies what a pom.xml names, with all that it needs to run, into a folder.
#
#   copy_jars POM DIR
copy_jars() {
  local plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
  # A download that breaks off is tried again: Maven keeps what it has.
  local try
  for try in 1 2 3; do
    mvn -B -q -f "$1" "$plugin:copy-dependencies" -DincludeScope=runtime -DoutputDirectory="$2" && return 0
    echo "attempt $try to resolve $1 failed" >&2
  done
  return 1
}
