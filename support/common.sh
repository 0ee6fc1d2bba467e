# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
# Sourced by the (bash) scripts beside it, which set top to the folder of the sources.

# After so many (whole) seconds without a sign of life, a dot is printed.
patience=${patience:-2}

# check_system: what each step needs, and a bare chroot or a network namespace may lack.
check_system() {
    local file
    if [ ! -c /dev/null ]; then
        echo "/dev/null is not a device. In a chroot, mount /dev from outside: mount --rbind /dev CHROOT/dev" >&2
        return 1
    fi
    if [ ! -e /proc/self/fd ]; then
        echo "/proc is not mounted. As root: mount -t proc proc /proc" >&2
        return 1
    fi
    # "Connection refused" is the good answer: nothing listens on port 1.
    case $( (: 3<>/dev/tcp/127.0.0.1/1) 2>&1) in
    *[Uu]nreachable* | *"assign requested address"*)
        echo "The loopback interface is down. As root: ip link set lo up" >&2
        return 1
        ;;
    esac
    if ! file=$(mktemp 2>/dev/null) || ! head -c 1000000 /dev/zero 2>/dev/null >"$file"; then
        rm -f "$file"
        echo "${TMPDIR:-/tmp} is full, or cannot be written. Set TMPDIR to a folder with free space." >&2
        return 1
    fi
    rm -f "$file"
}

# advice FILE: what to do about the errors in this output, as far as that is known.
advice() {
    local has="grep -qi"
    if $has 'no space left\|enough free space' "$1"; then
        echo "The disk is full: free some space (df -h; apt-get clean), or set TMPDIR to a folder that has some."
    elif $has 'read-only file system\|permission denied' "$1"; then
        echo "The sources cannot be written by this user: copy them to a folder of your own."
    elif $has 'could not get lock\|unable to acquire the dpkg' "$1"; then
        echo "Another program is installing packages: wait until it has finished."
    elif $has 'httpd 2.4.52 or later is needed' "$1"; then
        echo "The httpd of this system is too old: Debian has a newer one since Debian 11."
    elif $has '404 *not found' "$1"; then
        echo "The package mirror lacks a file that its own lists name: try later, or use another mirror."
    elif $has 'release file .* expired' "$1"; then
        echo "The package mirror is old, or the clock is wrong. To accept it: \"apt-get update\" has to work with"
        echo "  Acquire::Check-Valid-Until \"false\"; (in /etc/apt/apt.conf.d; support/in-debian.sh --expired sets it)"
    elif $has 'could not resolve\|could not connect\|failed to fetch\|cannot initiate\|timed out' "$1"; then
        echo "The package mirror cannot be reached: \"apt-get update\" has to work. If there is a proxy:"
        echo "  export http_proxy=http://proxy.example.com:3128"
    elif $has 'unable to locate package\|no installation candidate' "$1"; then
        echo "apt does not know all of these packages: Debian 11 and later have them, in the component main."
    else
        return 0
    fi >&2
    echo "Then run this again." >&2
}

# show_progress: lines "WORD:...:PERCENT:...", in steps of a tenth, and dots where no step is reached for
# some time. Without carriage returns: the log of a CI has to stay readable. The words are those of apt
# (APT::Status-Fd; $1 is what it downloads) and of compiled().
show_progress() {
    local what percent status phase="" step=0 begun="" last=$SECONDS
    while :; do
        status=0
        IFS=: read -r -t "$patience" what _ percent _ || status=$?
        [ $status = 0 ] || [ $status -gt 128 ] || break
        case $status:$what in
        0:dlstatus) what=$1 ;;
        0:pmstatus) what=installing ;;
        0:compiled) what=compiling ;;
        *) what=$phase percent=0 ;;
        esac
        if [ "$what" != "$phase" ]; then
            printf '%s  %s' "${begun:+$'\n'}" "$what"
            phase=$what begun=" " step=0 last=$SECONDS
        fi
        while [ $((step + 10)) -le "${percent%%.*}" ]; do
            printf ' %d%%' $((step += 10))
            last=$SECONDS
        done
        if [ $((SECONDS - last)) -ge "$patience" ]; then
            printf '%s.' "${begun:-  }"
            begun=" " last=$SECONDS
        fi
    done
    [ -z "$begun" ] || echo
}

# alive: the standard input, with dots where nothing comes for some time.
alive() {
    local line part="" dots="" status
    while :; do
        status=0
        IFS= read -r -t "$patience" line || status=$?
        part+=$line
        if [ $status -gt 128 ]; then
            printf .
            dots=$'\n'
            continue
        fi
        [ $status != 0 ] && [ -z "$part" ] && break
        printf '%s%s\n' "$dots" "$part"
        part="" dots=""
        [ $status = 0 ] || break
    done
    printf %s "$dots"
}

# apt_get WHAT COMMAND...: apt-get with progress, of which WHAT is that of downloads, and its errors.
apt_get() {
    local what=$1 errors status=0
    shift
    errors=$(mktemp) || return 1
    (
        set -o pipefail
        DEBIAN_FRONTEND=noninteractive apt-get -qy -o APT::Status-Fd=3 -o Acquire::http::Timeout=30 \
            -o DPkg::Lock::Timeout=300 "$@" \
            3>&1 >/dev/null 2>"$errors" </dev/null | show_progress "$what"
    ) || status=1
    # Warnings of an update matter if the package that is wanted is not found after it.
    apt_errors+=$(grep -E '^[EW]: |rror' "$errors")$'\n'
    rm -f "$errors"
    return $status
}

# apt_failed WHAT: reports why.
apt_failed() {
    local errors
    errors=$(mktemp) && printf '%s' "$apt_errors" | sort -u >"$errors"
    # One that concerns the network comes once for each file.
    head -n 4 "$errors" >&2
    echo "$1" >&2
    advice "$errors"
    rm -f "$errors"
    return 1
}

# install_missing PACKAGE...: installs those that are not there. Never the package apache2,
# which would start a web server: apache2-bin has the same httpd and starts nothing.
install_missing() {
    local missing="" package
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
    apt_errors=""
    # shellcheck disable=SC2086
    if ! apt_get "reading package lists" update ||
        ! apt_get downloading install --no-install-recommends $missing; then
        apt_failed "apt-get could not install$missing"
    fi
}

# download PACKAGE...: the .deb files, of "one|other" the first that there is.
download() {
    local package
    for package in "$@"; do
        apt_get "${package%%|*}" download "${package%%|*}" || apt_get "${package##*|}" download "${package##*|}" || return 1
    done
}

# unpack_missing FOLDER PACKAGE...: the programs of these packages in a folder of their own, where
# nothing is configured and nothing starts. Of prometheus promtool alone: the rest is large.
unpack_missing() {
    unpack_folder=$1
    shift
    # The list is in there, so that a longer one is not taken for complete.
    [ "$(cat "$unpack_folder/complete" 2>/dev/null)" != "$*" ] || return 0
    command -v apt-get >/dev/null 2>&1 || return 0
    rm -rf "$unpack_folder"
    mkdir -p "$unpack_folder/deb" && (
        cd "$unpack_folder/deb" || exit 1
        echo "Unpacking $* ..."
        apt_errors=""
        download "$@" || { apt_get "reading package lists" update && download "$@"; } ||
            apt_failed "apt-get could not download $*" || exit 1
        for package in *.deb; do
            case $package in
            prometheus_*) only=./usr/bin/promtool ;;
            *) only= ;;
            esac
            # shellcheck disable=SC2086
            dpkg-deb --fsys-tarfile "$package" | tar -xC .. --no-same-owner $only || exit 1
        done
    ) && rm -r "$unpack_folder/deb" && echo "$*" >"$unpack_folder/complete"
}

# compiled: the output of make as progress: compiler calls, of as many as there are sources.
compiled() {
    local line sources=("$top"/mod_cf_origin.c "$top"/src/*/*/*.c "$top"/support/ctl/*/*.c) count=0
    while IFS= read -r line; do
        case $line in
        *mode=compile*) ;;
        *" -c "*.c*) echo "compiled::$((100 * ++count / ${#sources[@]})):" ;;
        esac
    done
}

# build_module LOG [MAKE-ARGUMENT...]: makes $top/.libs/mod_cf_origin.so, or brings it up to date. The
# output goes to the file; if it fails, its end is shown.
build_module() {
    local log=$1
    shift
    (
        set -o pipefail
        {
            cd "$top" || exit 1
            if [ ! configure -nt configure.ac ]; then
                autoconf || exit 1
            fi
            if [ ! Makefile -nt Makefile.in ] || [ ! Makefile -nt configure ]; then
                ./configure || exit 1
            fi
            make "$@"
        } 2>&1 | tee "$log" | compiled | show_progress
    ) && return 0
    tail -n 40 "$log" >&2
    echo "The module could not be built." >&2
    advice "$log"
    return 1
}

# copy_sources FOLDER: what git tracks, as it lies in the work tree. (Owned by somebody else, it is a
# repository that git would not look at.) The copy is a repository too, with one commit, of which "make
# dist" makes its archive: the same of the same files.
copy_sources() {
    local date
    date=$(git -C "$top" -c safe.directory="$top" log -1 --format=%cI)
    rm -rf --one-file-system "$1"
    mkdir "$1"
    git -C "$top" -c safe.directory="$top" ls-files -z |
        tar -C "$top" --null --verbatim-files-from --files-from=- --ignore-failed-read \
            --owner=0 --group=0 --no-same-owner -c 2>/dev/null |
        tar -C "$1" -x --no-same-owner
    git -C "$1" init -q
    git -C "$1" add -Af
    GIT_AUTHOR_DATE="$date" GIT_COMMITTER_DATE="$date" \
        git -C "$1" -c user.name=copy -c user.email=copy@localhost commit -qm "The sources as they lie"
}
