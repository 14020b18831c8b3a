import { cpuModel, kernelCommandLine, MACHINE_TYPE, type MachineConfig } from './machine-config.ts';
import { hostCpu, type HostFacts } from './host-facts.ts';

/**
 * Everything a saved machine depends on besides its files, as named fields: a state made under other values is never
 * tried. Kernel and guest helper are part of the image, whose id the caller adds.
 */
export function machineIdentity(config: MachineConfig, facts: HostFacts): Readonly<Record<string, string>> {
  return {
    qemu: facts.qemuVersion(),
    machine: MACHINE_TYPE,
    accelerator: config.accelerator,
    cpu: config.accelerator === 'kvm' ? `${cpuModel('kvm')} ${hostCpu()}` : cpuModel('tcg'),
    cpus: String(config.cpus),
    memoryMib: String(config.memoryMib),
    kernelArguments: kernelCommandLine(config),
    format: facts.stateFormat(),
  };
}
