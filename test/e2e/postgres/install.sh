#!/bin/bash
# Installs what of the packages in a folder is not there yet.
set -e
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
missing=()
for package in "$1"/*.deb; do
  name=$(basename "$package")
  state=$(dpkg-query --show --showformat '${db:Status-Status}' "${name%%_*}" 2> /dev/null) || state=unknown
  [ "$state" = installed ] || missing+=("$package")
done
dpkg --force-unsafe-io --path-exclude='/usr/share/doc/*' --path-exclude='/usr/share/locale/*' --install "${missing[@]}"
