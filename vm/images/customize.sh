#!/bin/sh
# Runs inside a new base image (chroot), as its root, before it becomes a disk. What it writes is part of the image's id.
set -eu

# --- the helper and the shell ---------------------------------------------------------------------------------------
mkdir -p /etc/layer/restore.d /var/lib/layer/overlays
cat > /etc/systemd/system/layer-guest.service <<'UNIT'
[Unit]
Description=Layer guest helper
DefaultDependencies=no
After=systemd-udevd.service systemd-modules-load.service local-fs.target

[Service]
ExecStart=/usr/lib/layer/layer-guest
# Commands of the user and services they start are children of the shell: ending the helper must not end them.
KillMode=process
Restart=no
OOMScoreAdjust=-1000
LimitNOFILE=1048576
TasksMax=infinity

[Install]
WantedBy=multi-user.target
UNIT
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -sf ../layer-guest.service /etc/systemd/system/multi-user.target.wants/layer-guest.service

cat > /etc/layer/sshd_config <<'CONFIG'
# Spoken over a virtio-serial port only: nothing listens on a network.
HostKey /etc/layer/ssh_host_ed25519_key
AuthorizedKeysFile /etc/layer/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
PrintLastLog no
MaxSessions 10000
# A spare server waits for its client in every snapshot, for as long as it takes.
LoginGraceTime 0
PermitUserEnvironment no
AllowTcpForwarding local
LogLevel ERROR
CONFIG
chmod 600 /etc/layer/ssh_host_ed25519_key /etc/layer/authorized_keys

# What every RUN starts with (runner/instructions/run.ts): login profile, then what ENV and WORKDIR set.
cat > /etc/layer/step.sh <<'STEP'
[ -r /etc/profile ] && . /etc/profile
[ -r "$HOME/.bash_profile" ] && . "$HOME/.bash_profile" || { [ -r "$HOME/.profile" ] && . "$HOME/.profile"; }
. /etc/layer/environment
STEP
: > /etc/layer/environment

# --- the system -----------------------------------------------------------------------------------------------------
echo layer > /etc/hostname
printf '127.0.0.1 localhost layer\n::1 localhost ip6-localhost\n10.0.2.2 host.layer.internal\n' > /etc/hosts
: > /etc/machine-id # filled at the first boot
echo '/dev/vda / ext4 rw,noatime,discard 0 1' > /etc/fstab
printf '[Match]\nType=ether\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nDNS=10.0.2.3\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' > /etc/systemd/network/80-layer.network
rm -f /etc/resolv.conf
echo 'nameserver 10.0.2.3' > /etc/resolv.conf
echo 'root:*' | chpasswd -e
printf 'virtio_console\nvirtio_rng\nvirtio_net\nfuse\noverlay\n' > /etc/modules-load.d/layer.conf
printf 'kernel.printk = 3 4 1 3\n' > /etc/sysctl.d/80-layer.conf
# A Layerfile is not a desktop: no prompts, and packages' services do start.
printf 'APT::Install-Recommends "false";\nDpkg::Use-Pty "0";\nAPT::Periodic::Enable "0";\n' > /etc/apt/apt.conf.d/80layer

link() { mkdir -p "/etc/systemd/system/$2.wants" && ln -sf "/lib/systemd/system/$1" "/etc/systemd/system/$2.wants/$1"; }
link systemd-networkd.service multi-user.target
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
# Off: whatever would fire when the clock jumps after a restore, and whatever waits for hardware that is not there.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer logrotate.timer man-db.timer systemd-tmpfiles-clean.timer systemd-timesyncd.service \
  systemd-networkd-wait-online.service ssh.service ssh.socket getty.target getty@tty1.service \
  serial-getty@ttyS0.service systemd-update-utmp-runlevel.service systemd-firstboot.service \
  systemd-hwdb-update.service systemd-journal-flush.service systemd-resolved.service \
  systemd-random-seed.service systemd-pstore.service systemd-boot-system-token.service; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n' > /etc/systemd/journald.conf.d/layer.conf

# mmdebstrap has put these in the way, so that nothing starts while it installs; in the machine, services do start.
rm -f /usr/sbin/policy-rc.d
[ ! -e /sbin/start-stop-daemon.REAL ] || mv /sbin/start-stop-daemon.REAL /sbin/start-stop-daemon

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log
# mmdebstrap keeps its own apt configuration in /tmp until it is done: without it apt would work on the host's files.
rm /tmp/customize.sh
