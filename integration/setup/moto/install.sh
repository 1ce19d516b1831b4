# Makes $1 a virtual environment holding requirements.txt.
set -euo pipefail
requirements=$(cd "$(dirname "$0")" && pwd)/requirements.txt
python3 -m venv "$1"
"$1/bin/python" -m pip install --no-input --retries 5 -r "$requirements"
