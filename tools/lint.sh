#!/usr/bin/env bash
# Formatting, clang-tidy and structure. `tools/lint.sh --fix` formats in place.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t sources < <(git ls-files 'src/*.h' 'src/*.cpp' 'tests/*.h' 'tests/*.cpp' 'fuzz/*.cpp' 'bench/*.h' 'bench/*.cpp')
if [ "${1:-}" = --fix ]; then
    clang-format-19 -i "${sources[@]}"
    exit
fi
echo "== formatting"
clang-format-19 --dry-run -Werror "${sources[@]}"
echo "== structure"
.venv/bin/python -m pytest -q tests/structure
echo "== clang-tidy"
[ -f build/asan/compile_commands.json ] || cmake --preset asan >/dev/null
cmake --build build/asan --target qss_proto -- --quiet
mapfile -t units < <(git ls-files 'src/*.cpp')
printf '%s\n' "${units[@]}" | xargs -P 2 -n 4 clang-tidy-19 --quiet -p build/asan
