# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by the (bash) scripts beside it, which set top to the folder of the sources.

# install_missing PACKAGE...: installs those that are not there. Never the package apache2,
# which would start a web server: apache2-bin has the same httpd and starts nothing.
install_missing() {
    missing=
    if ! command -v dpkg-query >/dev/null 2>&1; then
        echo "Not a Debian system: nothing is installed. By Debian's names, needed are: $*" >&2
        return 0
    fi
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
        installed*) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "Missing packages. As root: apt-get install --no-install-recommends$missing" >&2
        return 1
    fi
    echo "Installing$missing ..."
    # shellcheck disable=SC2086
    (
        set -o pipefail
        apt-get -q update >/dev/null </dev/null && DEBIAN_FRONTEND=noninteractive \
            apt-get -qy -o APT::Status-Fd=3 install --no-install-recommends $missing \
            3>&1 >/dev/null </dev/null | show_progress
    ) || {
        echo "apt-get could not install$missing" >&2
        return 1
    }
}

# show_progress: apt's own report of it, in steps of a tenth.
show_progress() {
    local phase= step=0 what percent
    while IFS=: read -r what _ percent _; do
        case $what in
        dlstatus) what="  downloading" ;;
        pmstatus) what="  installing" ;;
        *) continue ;;
        esac
        if [ "$what" != "$phase" ]; then
            printf '%s%s' "${phase:+$'\n'}" "$what"
            phase=$what
            step=0
        fi
        while [ $((step += 10)) -le "${percent%%.*}" ]; do
            printf ' %d%%' "$step"
        done
        step=$((step - 10))
    done
    [ -z "$phase" ] || echo
}

# download PACKAGE...: the .deb files, of "one|other" the first that there is.
download() {
    for package in "$@"; do
        apt-get -q download "${package%%|*}" || apt-get -q download "${package##*|}" || return 1
    done >/dev/null 2>&1
}

# unpack_missing FOLDER PACKAGE...: the programs of these packages in a folder of their own, where
# nothing is configured and nothing starts. Of prometheus promtool alone: the rest is large.
unpack_missing() {
    unpack_folder=$1
    shift
    [ ! -e "$unpack_folder/complete" ] || return 0
    command -v apt-get >/dev/null 2>&1 || return 0
    rm -rf "$unpack_folder"
    mkdir -p "$unpack_folder/deb" && (
        cd "$unpack_folder/deb" || exit 1
        echo "Unpacking $* ..."
        download "$@" || { apt-get -q update >/dev/null 2>&1 && download "$@"; } ||
            { echo "apt-get could not download $*" >&2; exit 1; }
        for package in *.deb; do
            case $package in
            prometheus_*) only=./usr/bin/promtool ;;
            *) only= ;;
            esac
            # shellcheck disable=SC2086
            dpkg-deb --fsys-tarfile "$package" | tar -xC .. --no-same-owner $only || exit 1
        done
    ) && rm -r "$unpack_folder/deb" && touch "$unpack_folder/complete"
}

# build_module [MAKE-ARGUMENT...]: makes $top/.libs/mod_cf_origin.so, or brings it up to date.
build_module() {
    (
        cd "$top" || exit 1
        if [ ! configure -nt configure.ac ]; then
            autoconf || exit 1
        fi
        if [ ! Makefile -nt Makefile.in ] || [ ! Makefile -nt configure ]; then
            ./configure || exit 1
        fi
        make "$@"
    )
}

# copy_sources FOLDER: what git tracks, as it lies in the work tree. (Owned by somebody else, it is a
# repository that git would not look at.)
copy_sources() {
    rm -rf --one-file-system "$1"
    mkdir "$1"
    git -C "$top" -c safe.directory="$top" ls-files -z |
        tar -C "$top" --null --verbatim-files-from --files-from=- --ignore-failed-read \
            --owner=0 --group=0 --no-same-owner -c 2>/dev/null |
        tar -C "$1" -x --no-same-owner
}
