#!/bin/bash
# Installs what of the packages in a folder is not there yet.
set -e
export DEBIAN_FRONTEND=noninteractive
mkdir -p /etc/postgresql-common
echo "initdb_options = '--data-checksums'" > /etc/postgresql-common/createcluster.conf
missing=()
for package in "$1"/*.deb; do
  name=$(basename "$package")
  state=$(dpkg-query --show --showformat '${db:Status-Status}' "${name%%_*}" 2> /dev/null) || state=unknown
  [ "$state" = installed ] || missing+=("$package")
done
dpkg --force-unsafe-io --path-exclude='/usr/share/doc/*' --path-exclude='/usr/share/man/*' \
  --path-exclude='/usr/share/postgresql/*/man/*' --path-exclude='/usr/share/locale/*' --install "${missing[@]}"
pg_lsclusters
