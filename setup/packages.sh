# shellcheck shell=bash
#
# The programs that do not come from npm: which are missing here, and how they get here. Sourced by setup/install, whose
# say, quietly and give_up it uses. Where apt is, packages are asked for; elsewhere, commands on PATH.

# package|command that it brings, for the distributions without apt ("-": none, not asked for)|why
needed_packages() {
  cat <<'LIST'
qemu-system-x86|qemu-system-x86_64|runs the virtual machines
qemu-utils|qemu-img|makes their disks
mmdebstrap|mmdebstrap|builds the base images
debian-archive-keyring|-|checks the base images' packages
uidmap|newuidmap|builds base images for users who are not root
e2fsprogs|mkfs.ext4|makes the base images' file systems
musl-tools|musl-gcc|compiles the helpers
linux-libc-dev|-|kernel headers for the helpers
make|make|compiles the helpers
git|git|says which files belong to a workspace
ca-certificates|-|https
LIST
  command -v npm >/dev/null || printf '%s\n' 'npm|npm|installs the JavaScript packages' 'nodejs|-|runs npm'
}

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

has_apt() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# The lines of needed_packages that this machine lacks.
missing_packages() {
  local package command why installed
  has_apt && installed=$(needed_packages | cut -d'|' -f1 | xargs dpkg-query -W -f "\${Package}|\${db:Status-Status}\\n" 2>/dev/null)
  while IFS='|' read -r package command why; do
    if has_apt; then
      grep -qx "$package|installed" <<<"$installed" && continue
    else
      [ "$command" = - ] || command -v "$command" >/dev/null && continue
      [ "$command" = newuidmap ] && [ ${#as_root[@]} = 0 ] && continue
    fi
    printf '%s|%s|%s\n' "$package" "$command" "$why"
  done < <(needed_packages)
}

# What a person types to get PACKAGE...
packages_by_hand() {
  if has_apt; then
    say "  ${as_root[*]}${as_root:+ }apt-get install --no-install-recommends $*"
  else
    say "  your distribution's packages for: $* (names as on Debian)"
  fi
}

# install_packages PACKAGE...
install_packages() {
  has_apt || give_up "Layer installs packages on Debian and Ubuntu only. Install by hand:" "$(packages_by_hand "$@" 2>&1)"
  [ ${#as_root[@]} = 0 ] || command -v sudo >/dev/null ||
    give_up 'Packages are missing, this user is not root, and there is no sudo. As root:' \
      "  apt-get install --no-install-recommends $*"
  # Not fatal: one repository that does not answer says nothing about the packages wanted here.
  quietly 'package lists' apt_get update || true
  quietly "$# packages" apt_get install -y --no-install-recommends "$@" ||
    give_up 'apt-get failed (above). On Ubuntu, "universe" must be enabled: sudo add-apt-repository universe'
}

# Waits for another apt (unattended upgrades), asks nothing, restarts no service.
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -o DPkg::Lock::Timeout=120 "$@"
}
