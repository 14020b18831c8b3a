# shellcheck shell=sh disable=SC3013 # -nt: dash, bash and busybox have it, and POSIX since 2024
#
# Sourced by everything that needs to know whether this clone is set up. The stamp is node_modules/.layer-setup, one
# line: the node to use, absolute or relative to the clone. setup/install writes it, last; it lies in node_modules so that
# whoever removes that folder takes it along.

# mkfs.ext4 is in /usr/sbin, which an ordinary user of Debian does not have on PATH.
case :$PATH: in
  *:/usr/sbin:*) ;;
  *) PATH=$PATH:/usr/sbin:/sbin ;;
esac

# fs-tracer/host/start.c does the same where all is set up; who changes one changes the other.

# read_stamp ROOT: sets $node and succeeds where nothing is left to set up. Builtins only.
read_stamp() {
  stamp=$1/node_modules/.layer-setup
  for input in "$1/package-lock.json" "$1/setup/install" "$1/setup/packages.sh" "$1/vm/guest/Makefile" \
    "$1/vm/host/Makefile" "$1/fs-tracer/host/Makefile" "$1"/vm/guest/*.[ch] "$1"/vm/host/*.[ch] "$1"/fs-tracer/host/*.[ch]; do
    [ "$stamp" -nt "$input" ] || return 1
  done
  for helper in vm/guest/build/layer-guest vm/host/build/layer-launch vm/host/build/layer-tsc vm/host/build/layer-memory.so fs-tracer/host/build/layer-look fs-tracer/host/build/layer-start fs-tracer/host/build/layer-trace; do
    [ -x "$1/$helper" ] || return 1
  done
  read -r node <"$stamp" || return 1
  case $node in
    /*) ;;
    *) node=$1/$node ;;
  esac
  [ -x "$node" ]
}

# bundle_is_fresh ROOT: whether dist/main.cjs holds what the sources say. Builtins only; about a millisecond. Folders are
# compared as well, because a file that was added or removed changes its folder.
bundle_is_fresh() {
  for source in "$1"/package-lock.json "$1"/setup/bundle "$1"/cli "$1"/cli/* "$1"/cli/*/*.ts "$1"/runner "$1"/runner/* \
    "$1"/runner/*/*.ts "$1"/grammar/* "$1"/vm/*.ts "$1"/vm/images/*.ts "$1"/fs-tracer "$1"/fs-tracer/* "$1"/fs-tracer/*/*.ts "$1"/snapshots/* "$1"/util/*; do
    [ "$1/dist/main.cjs" -nt "$source" ] || return 1
  done
}

# dashboard_is_fresh ROOT: the same for dist/dashboard, the page of `layer serve`.
dashboard_is_fresh() {
  for source in "$1"/package-lock.json "$1"/setup/dashboard "$1"/util/duration.ts "$1"/server/dashboard "$1"/server/dashboard/* "$1"/server/dashboard/*/* \
    "$1"/server/dashboard/*/*/* "$1"/server/dashboard/*/*/*/*; do
    [ "$1/dist/dashboard/index.html" -nt "$source" ] || [ ! -e "$source" ] || return 1
  done
}
