#!/bin/sh
# Rebuilds ../guests.ts: the programs of this folder for both CPUs, linked as `mpsemu cc` does, gzipped and in base64,
# so that the tests need no compiler. Run from a built checkout.
set -e
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for code in xci6ll xca6ll; do
  for source in "$here"/*.c; do
    ( cd "$root" && ${MPSEMU:-npx mpsemu} cc --platform $code -O1 -o "$out/$code-$(basename "$source" .c)" "$source" )
  done
done
cd "$out"
{
  echo '/** Guest programs for macOS, gzipped, in base64. Made by guests/build.sh; do not edit. */'
  echo 'export const guests: Record<string, string> = {'
  for file in *; do printf "  '%s':\n    '%s',\n" "$file" "$(gzip -9nc "$file" | base64 -w0)"; done
  echo '};'
} > "$here/../guests.ts"
