#!/bin/sh
# patch.sh - download (MODE=stage) or install (MODE=install) the packages of one version.
#
# Runs on the appliance as a job. TARGET is the version that /etc/appliance-version must
# hold afterwards, REPO the base URL of its repository. Both modes may run again after
# an interruption: package managers skip what is there. Progress goes to stdout as
# "slipway-progress: PERCENT TEXT".
set -eu
: "${MODE:?stage or install}" "${TARGET:?the version to reach}" "${REPO:?URL of the repository}"

progress() {
    echo "slipway-progress: $*"
}

die() {
    echo "patch.sh: $*" >&2
    exit 1
}

# Fine where the version is there already; else the repository is the wrong one, which is
# better known before the window.
nothing_offered() {
    now=$(cat /etc/appliance-version)
    [ "$now" = "$TARGET" ] ||
        die "$REPO has nothing newer, and the version is $now, not $TARGET"
}

# One source of our own, so that nothing of the appliance's configuration is edited.
# The codename is in a file of every apt system.
use_apt() {
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")
    list=/var/lib/slipway/patch.list
    mkdir -p "${list%/*}"
    echo "deb $REPO $codename main" >"$list"
    run() {
        apt-get -q -y -o Dir::Etc::SourceList="$list" -o Dir::Etc::SourceParts=- \
            -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
            -o APT::Update::Error-Mode=any "$@"
    }
    progress 5 "reading the package lists"
    run update
    if [ "$MODE" = stage ]; then
        plan=$(run --simulate dist-upgrade)
        case $plan in *"Inst "*) ;; *) nothing_offered ;; esac
        progress 20 "downloading"
        run --download-only dist-upgrade
    else
        dpkg --configure -a
        progress 30 "installing"
        run dist-upgrade
    fi
}

use_dnf() {
    set -- -q -y --repofrompath="slipway,$REPO" --repo=slipway
    progress 20 "$MODE"
    if [ "$MODE" = stage ]; then
        upgrades=0 # 100: there are some
        dnf "$@" check-upgrade >/dev/null || upgrades=$?
        case $upgrades in
        0) nothing_offered ;;
        100) ;;
        *) die "dnf cannot read $REPO (status $upgrades)" ;;
        esac
        dnf "$@" --downloadonly upgrade
    else
        dnf "$@" upgrade
    fi
}

case $MODE in
stage | install) ;;
*) die "MODE must be stage or install, not $MODE" ;;
esac
if command -v apt-get >/dev/null; then
    use_apt
elif command -v dnf >/dev/null; then
    use_dnf
else
    die "neither apt-get nor dnf is here"
fi
if [ "$MODE" = install ]; then
    progress 95 "checking the version"
    now=$(cat /etc/appliance-version)
    [ "$now" = "$TARGET" ] || die "the version is $now, not $TARGET, after the installation"
fi
progress 100 "done"
