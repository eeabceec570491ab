#!/usr/bin/env bash
# Installs the guest compilers if they are missing and this machine allows it; else says which tests that leaves out.
missing=()
for tool in clang ld.lld i686-linux-gnu-gcc aarch64-linux-gnu-gcc; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing the guest compilers (missing: ${missing[*]})"
  if make --no-print-directory toolchain >/tmp/mpsemu-toolchain.log 2>&1; then exit 0; fi
  echo "that did not work: see /tmp/mpsemu-toolchain.log"
fi
echo "without ${missing[*]}, the tests that compile guests are left out; 'make toolchain' (as root) installs them"
exit 0
