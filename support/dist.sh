#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the archive of a release. See usage().
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: support/dist.sh [--check] [FOLDER]

Makes FOLDER/mod_cf_origin-VERSION.tar.gz (FOLDER: that of the sources, if none is given) of the
commit that is checked out; next to it a file with its SHA-256, and a bill of materials
(mod_cf_origin-VERSION.cdx.json, CycloneDX). It contains what git has of
that commit and nothing else; the same commit gives the same bytes on every host.

  --check   makes it twice, in different surroundings, and compares; then builds what is in it,
            runs the unit tests there, installs it into a scratch folder, and uninstalls it
USAGE
}

die() {
    echo "dist: $1" >&2
    exit 1
}

top=$(cd "$(dirname "$0")/.." && pwd)
check=""
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
    esac
    shift
done
[ $# -le 1 ] || { usage >&2; exit 2; }
folder=$(realpath -m "${1:-$top}")
mkdir -p "$folder" || die "the folder $folder cannot be made"
cd "$top"

# An archive that is unpacked somewhere in another repository is not that repository.
command -v git >/dev/null || die "git is missing"
inside=$(git rev-parse --show-prefix 2>&1) || case $inside in
*ownership*) die "$inside" ;;
*) inside=none ;;
esac
[ -z "$inside" ] || die "$top is not the top of a git repository. The archive is made of a commit, so
  it needs a clone. What you have unpacked is already such an archive: build from it, or make
  packages of the file that it came in."
version=$(git show HEAD:src/version.h | sed -n 's/^#define CFO_VERSION "\(.*\)"$/\1/p')
[ -n "$version" ] || die "src/version.h of the commit has no CFO_VERSION"
name=mod_cf_origin-$version
[ -z "$(git status --porcelain)" ] ||
    echo "dist: not in the archive, because it is not committed:" "$(git status --porcelain | head -n 5)" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# archive FILE: settings of the user would change line ends and permissions, or leave files out.
archive() {
    git -c core.autocrlf=false -c core.eol=lf -c core.attributesFile=/dev/null -c tar.umask=0022 \
        archive --format=tar --prefix="$name/" HEAD >"$work/tar"
    env -u GZIP gzip -9n <"$work/tar" >"$1"
}

archive "$work/archive"
if [ -n "$check" ]; then
    git clone -q --no-local "$top" "$work/clone"
    git -C "$work/clone" checkout -q --detach "$(git rev-parse HEAD)"
    (umask 077 && TZ=Asia/Tokyo LC_ALL=C GZIP=-1 "$work/clone/support/dist.sh" "$work/clone" >/dev/null 2>&1) ||
        die "the archive cannot be made in a clone"
    cmp "$work/archive" "$work/clone/$name.tar.gz" || die "the archive of a clone has other bytes"
    echo "dist: a clone gives the same bytes"
fi
chmod 644 "$work/archive"
mv "$work/archive" "$folder/$name.tar.gz"
(cd "$folder" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
[ ! -x support/sbom.py ] || support/sbom.py "$folder/$name.tar.gz" >"$folder/$name.cdx.json"
[ -n "$check" ] || exit 0

tar -C "$work" -xzf "$folder/$name.tar.gz"
cd "$work/$name"
{ autoconf && ./configure && make -j"$(nproc)" && make -j"$(nproc)" check &&
    make install install-docs install-systemd DESTDIR="$work/installed"; } >"$work/log" 2>&1 || {
    tail -n 40 "$work/log" >&2
    die "what is in the archive does not build, or its tests fail"
}
echo "dist: what is in the archive builds, and passes its tests; installed:"
(cd "$work/installed" && find . -type f ! -path '*/doc/*' | sed 's/^\./  /' | LC_ALL=C sort)
make uninstall DESTDIR="$work/installed" >"$work/log" 2>&1 || die "make uninstall failed: $(tail -n 1 "$work/log")"
left=$(find "$work/installed" -type f)
[ -z "$left" ] || die "make uninstall leaves ${left//$'\n'/ }"
make distclean >"$work/log" 2>&1 || die "make distclean failed: $(tail -n 1 "$work/log")"
(cd "$work/clone" && git ls-files -z) | (cd "$work/$name" && xargs -0 ls -d >/dev/null) ||
    die "make distclean removed what was in the archive"
left=$(cd "$work/$name" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort |
    LC_ALL=C comm -23 - <(cd "$work/clone" && git ls-files | LC_ALL=C sort))
[ -z "$left" ] || die "make distclean leaves ${left//$'\n'/ }"
echo "dist: make distclean leaves what was in the archive, and nothing else"
