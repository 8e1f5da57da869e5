#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ./bootstrap asks of apt, with an apt, dpkg and sudo that only take notes; and how it refuses wrong calls.
set -euo pipefail

source_dir=$1
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
failures=0

expect() {  # expect WHAT EXPECTED ACTUAL
  if [[ $2 != "$3" ]]; then
    printf '%s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
    failures=$((failures + 1))
  fi
}

# A checkout with nothing but the script and a list of its own.
mkdir -p "$scratch/tree/tools" "$scratch/bin"
cp -- "$source_dir/bootstrap" "$scratch/tree/"
cat >"$scratch/tree/tools/packages.txt" <<'TEXT'
# comment
[build]
alpha            # why
beta | beta[0-9] # any of these
[run]
gamma
[test]
delta | epsilon
[lint]
zeta
TEXT
cat >"$scratch/bin/dpkg-query" <<'TEXT'
#!/bin/sh
for package in $INSTALLED; do echo "installed $package"; done
for package in $REMOVED; do echo "config-files $package"; done
exit 1  # as the real one when a name is unknown
TEXT
cat >"$scratch/bin/apt-get" <<TEXT
#!/bin/sh
[ "\$DEBIAN_FRONTEND" = noninteractive ] || echo "apt-get would ask questions" >>"$scratch/notes"
case \$1 in
  update) echo update >>"$scratch/notes" ;;
  install) for word in "\$@"; do case \$word in -*|install|DPkg*) ;; *) echo "\$word" >>"$scratch/notes" ;; esac; done ;;
esac
exit "\${APT_FAILS:-0}"
TEXT
cat >"$scratch/bin/sudo" <<'TEXT'
#!/bin/sh
[ "$1" != -n ] || shift
exec "$@"
TEXT
chmod +x "$scratch"/bin/*

# apt_for INSTALLED REMOVED ARGUMENTS...: what apt-get was asked to do, on one line.
apt_for() {
  local installed=$1 removed=$2
  shift 2
  : >"$scratch/notes"
  INSTALLED=$installed REMOVED=$removed PATH="$scratch/bin:$PATH" "$scratch/tree/bootstrap" "$@" \
    </dev/null >"$scratch/out" 2>&1 || true
  tr '\n' ' ' <"$scratch/notes"
}
exit_code() {
  "$scratch/tree/bootstrap" "$@" >"$scratch/out" 2>&1 && echo 0 || echo $?
}

expect "nothing is there" "update alpha beta gamma delta " "$(apt_for "" "" setup)"
expect "everything is there: apt is not called" "" "$(apt_for "alpha beta gamma delta" "" setup)"
expect "an alternative will do, by name or by pattern" "" "$(apt_for "alpha beta7 gamma epsilon" "" setup)"
expect "a longer name is another package" "update beta " "$(apt_for "alpha beta77 gamma delta" "" setup)"
expect "removed, configuration left: missing" "update alpha " "$(apt_for "beta gamma delta" "alpha" setup)"
expect "only what the named set needs" "update zeta " "$(apt_for "" "" setup lint)"
expect "apt fails: exit code" "4" "$(APT_FAILS=100 apt_for "" "" setup >/dev/null; APT_FAILS=100 INSTALLED='' REMOVED='' \
  PATH="$scratch/bin:$PATH" exit_code setup)"
expect "apt fails: the command is named" "1" "$(grep -c '^bootstrap:   apt-get install .*alpha beta gamma delta$' "$scratch/out")"

expect "unknown command" "2" "$(exit_code nonsense)"
expect "unknown set" "2" "$(exit_code setup nonsense)"
expect "the sets are named" "1" "$(grep -c 'build run test lint' "$scratch/out")"
expect "help" "0" "$(exit_code help)"
expect "no command is a call for help" "0" "$(exit_code)"

# The real list: each entry has a reason, no package stands twice.
list=$source_dir/tools/packages.txt
expect "entries without a reason" "" "$(grep -vE '^(#|\[|$)' "$list" | grep -vE '#.{10,}' || true)"
expect "packages that stand twice" "" \
  "$(sed -e 's/#.*//' -e '/^\[/d' "$list" | tr '|' '\n' | tr -d ' \t' | sed '/^$/d' | sort | uniq -d)"

((failures == 0)) && echo "bootstrap does as it says"
exit "$((failures > 0))"
