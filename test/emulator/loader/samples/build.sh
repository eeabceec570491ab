#!/bin/sh
# Rebuilds ../samples.ts: small images of every format, compiled by clang 14 with lld and by the gcc cross compilers,
# each gzipped and in base64, so that the tests need no compiler.
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"
cp "$here"/*.c "$here"/*.def .
mkdir -p sdk/usr/lib && cp "$here/libSystem.tbd" sdk/usr/lib/
lld=$(dirname "$(readlink -f "$(command -v ld.lld || command -v ld.lld-14)")")
flags='-nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -O1 -Wl,-z,noseparate-code -Wl,--build-id=none -Wl,--allow-shlib-undefined -Wl,-z,max-page-size=4096'
elf() { # name, compiler and options
  name=$1; shift
  "$@" $flags -fPIC -shared elf-lib.c -Wl,-soname,"$name-lib.so" -o "$name-lib.so"
  "$@" $flags -fPIE -pie elf-program.c "$name-lib.so" -o "$name-pie"
  "$@" $flags -fno-pic -no-pie elf-program.c "$name-lib.so" -o "$name-exec"
}
elf ia32-clang clang --target=i686-linux-gnu -fuse-ld=lld
elf x86-64-clang clang --target=x86_64-linux-gnu -fuse-ld=lld
elf arm64-clang clang --target=aarch64-linux-gnu -fuse-ld=lld
elf ia32-gcc i686-linux-gnu-gcc
elf x86-64-gcc gcc
elf arm64-gcc aarch64-linux-gnu-gcc
clang --target=x86_64-linux-gnu -fuse-ld=lld $flags -fPIE -pie -Wl,--pack-dyn-relocs=relr elf-program.c x86-64-clang-lib.so -o x86-64-relr-pie
for target in i686:x86:ia32:_ x86_64:x64:x86-64:; do
  IFS=: read -r triple machine cpu prefix <<T
$target
T
  for part in lib program; do clang --target=$triple-pc-windows-msvc -O1 -ffreestanding -c pe-$part.c -o pe-$part.obj; done
  "$lld/lld-link" /dll /nodefaultlib /entry:DllMain /def:pe-lib.def /out:pe-$cpu-lib.dll /machine:$machine /timestamp:0 pe-lib.obj /implib:pe-lib.lib
  "$lld/lld-link" /nodefaultlib /entry:mainCRTStartup /subsystem:console /safeseh:no /include:${prefix}_tls_used /timestamp:0 /out:pe-$cpu-program.exe pe-lib.lib pe-program.obj
done
for target in x86_64:x86-64 arm64:arm64; do
  IFS=: read -r arch cpu <<T
$target
T
  for part in lib program; do clang --target=$arch-apple-macos12 -O1 -ffreestanding -fno-stack-protector -c macho-$part.c -o macho-$part.o; done
  "$lld/ld64.lld" -arch $arch -platform_version macos 12.0 12.0 -syslibroot sdk -lSystem -dylib -install_name @rpath/macho-$cpu-lib.dylib macho-lib.o -o macho-$cpu-lib.dylib
  "$lld/ld64.lld" -arch $arch -platform_version macos 12.0 12.0 -syslibroot sdk -lSystem macho-program.o macho-$cpu-lib.dylib -o macho-$cpu-program
done
{
  echo '/** Small images of every format, gzipped, in base64. Made by samples/build.sh; do not edit. */'
  echo 'export const samples: Record<string, string> = {'
  for file in *-lib.so *-pie *-exec *.dll *.exe *.dylib macho-*-program; do
    printf "  '%s':\n    '%s',\n" "$file" "$(gzip -9nc "$file" | base64 -w0)"
  done
  echo '};'
} > "$here/../samples.ts"
