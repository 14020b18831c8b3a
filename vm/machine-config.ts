import type { Accelerator } from './accelerator.ts';

/** A machine as data. Everything in it is part of a snapshot's identity: another value is another machine. */
export interface MachineConfig {
  readonly accelerator: Accelerator;
  readonly cpus: number;
  readonly memoryMib: number;
  /** The rate of the host's time-stamp counter, which guests read; null where it is not known. */
  readonly tscKhz: number | null;
  /** Paths of the guest kernel and its initial RAM file system. */
  readonly kernel: string;
  readonly initrd: string;
}

/** What differs between architectures; x86-64 is the only one measured. */
const X86_64 = {
  machineType: 'microvm,acpi=on,rtc=on',
  cpuName: { kvm: 'host', tcg: 'max' },
  // "Enhanced rep movsb": TCG does each byte by itself. Told that it is fast, kernel and libc copy and clear with it.
  cpuWithout: { kvm: [], tcg: ['erms', 'fsrm'] },
  console: 'ttyS0',
} as const;

/** For hosts whose counter's rate is not known: any plausible number keeps the kernel from calibrating. */
const ANY_TSC_KHZ = 2_600_000;

export const MACHINE_TYPE = X86_64.machineType;

/** As QEMU knows it, without what we take from it. */
export function cpuName(accelerator: Accelerator): string {
  return X86_64.cpuName[accelerator];
}

export function cpuModel(accelerator: Accelerator): string {
  const without = X86_64.cpuWithout[accelerator].map((feature) => `${feature}=off`);
  return [cpuName(accelerator), ...without].join(',');
}

/**
 * Kernel command line. reboot=t and panic=-1: a reboot or a panic ends QEMU (-no-reboot) instead of hanging. hugepages=2: for
 * the helper's window (guest/window.c). init_on_free=1: what is freed becomes zeros, which no snapshot stores, and costs what the
 * kernel's default of clearing it as it is used again does. cgroup.memory=nokmem and lsm=: no accounts of the kernel's own
 * memory, and no security modules for which nothing has rules (AppArmor, TOMOYO, BPF): they made each system call dearer.
 */
export function kernelCommandLine(machine: Pick<MachineConfig, 'accelerator' | 'tscKhz'>): string {
  const common = [
    `console=${X86_64.console} root=/dev/vda rw net.ifnames=0 quiet reboot=t panic=-1 hugepages=2 init_on_free=1`,
    'cgroup.memory=nokmem lsm=landlock,lockdown,yama',
  ].join(' ');
  return machine.accelerator === 'kvm' ? common : `${common} ${emulatedArguments(machine.tscKhz)}`;
}

/**
 * mitigations=off: retpolines and the like protect nothing in code that QEMU has translated, and cost as much.
 * tsc_early_khz: under TCG on a busy host the kernel's calibration of the counter hangs in about 2 of 3 microvm boots
 * without it (11 of 16 measured; none of 16 with it). tsc=reliable: QEMU's CPU does not promise that the counters of its
 * processors agree (they do: all are the host's), so the kernel would keep time by counting timer interrupts, and lose
 * seconds whenever the host is busy. It needs the true rate. Under KVM the clock is kvmclock.
 */
function emulatedArguments(tscKhz: number | null): string {
  const counter = tscKhz === null ? `tsc_early_khz=${ANY_TSC_KHZ}` : `tsc_early_khz=${tscKhz} tsc=reliable`;
  return `mitigations=off ${counter}`;
}

/** What of a machine is there before any guest is in it. */
export type EmptyMachine = Pick<MachineConfig, 'accelerator' | 'cpus' | 'memoryMib'>;

/** The same with the image's kernel, for a machine that boots. */
export function bootArguments(config: MachineConfig, memoryFile: string): string[] {
  return [...machineArguments(config, memoryFile), ...['-kernel', config.kernel], ...['-initrd', config.initrd]];
}

/** Arguments every QEMU of ours gets: no defaults, no listening port, no privileges to gain (design: "The machine"). */
export function machineArguments(config: EmptyMachine, memoryFile: string): string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    '-no-reboot',
    ...['-display', 'none'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-machine', `${X86_64.machineType},memory-backend=ram0,mem-merge=off`],
    ...['-accel', config.accelerator === 'tcg' ? 'tcg,thread=multi' : 'kvm'],
    ...['-cpu', cpuModel(config.accelerator)],
    ...['-smp', String(config.cpus)],
    ...['-m', `${config.memoryMib}M`],
    // A private mapping: the machine's writes never reach the file, and the kernel keeps count of them for us (save.ts).
    ...[
      '-object',
      `memory-backend-file,id=ram0,size=${config.memoryMib}M,mem-path=${escapeValue(memoryFile)},share=off`,
    ],
    ...['-global', 'virtio-mmio.force-legacy=off'],
    ...['-global', 'migration.send-configuration=off'],
  ];
}

/** Hex sha-256 of all that QEMU is told but paths, so that a change of devices in this file makes another machine. */
export function machineShape(config: MachineConfig, hashText: (text: string) => string): string {
  const told = [...bootArguments({ ...config, kernel: '', initrd: '' }, ''), ...deviceArguments('', '')];
  return hashText(JSON.stringify(told));
}

/** Names of the virtio-serial ports, as the guest helper looks for them, and of QEMU's own monitor. */
export const PORTS = ['control', 'fs', 'ssh'] as const;
export type PortName = (typeof PORTS)[number];

/**
 * QEMU's ways to read a file. An open qcow2 file is some ten reads, and a machine that is restored opens each that its disk lies
 * on twice. Handed to threads, that is 1.3 ms each time; through io_uring(7), which not every host allows, 0.3.
 */
export type Reading = 'threads' | 'io_uring';

/**
 * werror=stop: where the host's disk is full or fails, the machine stands still and the guest sees no error. With `report` it
 * might go on with a file system that lost a write after its step had succeeded, and be saved (disk-fault.ts ends it).
 *
 * `socketFolder` holds a listening Unix socket for `qmp`, `console` and each port; QEMU connects to them as it starts. `below`
 * are the files that the disk lies on, the newest first, where they are known, and `reading` is how they are read.
 */
export function deviceArguments(
  socketFolder: string,
  disk: string,
  below: readonly string[] = [],
  reading: Reading = 'threads',
): string[] {
  return [
    ...['-chardev', `socket,id=qmp,path=${socketFolder}/qmp`, '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=console,path=${socketFolder}/console`, '-serial', 'chardev:console'],
    ...diskNodes(disk, below, reading).flatMap((node) => ['-blockdev', JSON.stringify(node)]),
    ...['-device', 'virtio-blk-device,drive=disk0,werror=stop,rerror=stop'],
    ...['-netdev', 'user,id=net0', '-device', 'virtio-net-device,netdev=net0'],
    ...['-device', 'virtio-rng-device'],
    ...['-device', 'virtio-serial-device,max_ports=8'],
    ...PORTS.flatMap((port) => [
      ...['-chardev', `socket,id=${port},path=${socketFolder}/${port}`],
      ...['-device', `virtserialport,chardev=${port},name=layer.${port}`],
    ]),
  ];
}

/**
 * The disk and, before it, each file that it lies on: QEMU would find them, but when a saved machine is loaded it has the kernel
 * forget what it has of them in its page cache (`drop-cache`, for disks that another host may have written), and a restored guest
 * reads its image from there. Names must be those in the files' headers: else QEMU makes up some, each with all below it in it, and
 * 41 files take it 15 ms more.
 */
function diskNodes(disk: string, below: readonly string[], reading: Reading): readonly object[] {
  const top = diskNode('disk0', disk);
  if (below.length === 0) return [top];
  const names = below.map((_, index) => `below${index}`);
  const nodes = below.map((file, index) => ({
    driver: index === below.length - 1 ? 'raw' : 'qcow2',
    'node-name': names[index],
    'read-only': true,
    file: { driver: 'file', filename: file, 'drop-cache': false, aio: reading },
    ...(index < below.length - 1 && { backing: names[index + 1] }),
  }));
  return [...nodes.toReversed(), { ...top, backing: names[0] }];
}

/** The disk as QEMU's block layer knows it: `name` for the monitor, a qcow2 file. `overlay`: what is below is open already. */
export function diskNode(name: string, file: string, overlay = false): Readonly<Record<string, unknown>> {
  return { ...qcow2Node(name, file), ...(overlay ? { backing: null } : {}) };
}

/**
 * no-flush: the guest's disk becomes durable when a snapshot is published (the store fsyncs its files), not at each of
 * the guest's flushes: a machine that dies without a snapshot leaves nothing anybody would read.
 */
function qcow2Node(name: string, file: string): object {
  return {
    driver: 'qcow2',
    'node-name': name,
    discard: 'unmap',
    cache: { direct: false, 'no-flush': true },
    file: { driver: 'file', filename: file, discard: 'unmap', cache: { direct: false, 'no-flush': true } },
  };
}

/** In QEMU's option strings a comma is written twice. */
export function escapeValue(text: string): string {
  return text.replaceAll(',', ',,');
}
