import type { ExposeTcpInstruction, ExposeWebsiteInstruction } from '../../grammar/index.ts';
import type { Step } from '../step.ts';

/** A port that EXPOSE TCP forwards, and where the Layerfile says so. */
export interface ExposedPort {
  readonly instruction: ExposeTcpInstruction;
  /** `web/Layerfile:7`. */
  readonly place: string;
}

/** What a Layerfile exposes as far as its steps go. Nothing of it is kept with snapshots: the instructions say it all. */
export interface Exposures {
  /** One for each URL path, in the order of the Layerfile. */
  readonly websites: readonly ExposeWebsiteInstruction[];
  readonly ports: readonly ExposedPort[];
  /** EXPOSE WEBSITE whose path an earlier one has: nothing can be sent there. */
  readonly shadowed: readonly ExposeWebsiteInstruction[];
}

export function isExposure({ instruction }: Step): boolean {
  return instruction.kind === 'EXPOSE WEBSITE' || instruction.kind === 'EXPOSE TCP';
}

export function exposuresOf(steps: readonly Step[], layerfile: string): Exposures {
  const websites = new Map<string, ExposeWebsiteInstruction>();
  const shadowed: ExposeWebsiteInstruction[] = [];
  const ports: ExposedPort[] = [];
  for (const { instruction } of steps) {
    if (instruction.kind === 'EXPOSE TCP')
      ports.push({ instruction, place: `${layerfile}:${instruction.range.start.line}` });
    if (instruction.kind !== 'EXPOSE WEBSITE') continue;
    const prefix = prefixOf(instruction.path);
    if (websites.has(prefix)) shadowed.push(instruction);
    else websites.set(prefix, instruction);
  }
  return { websites: [...websites.values()], ports, shadowed };
}

/** A URL path as a prefix of whole segments: `/api/` and `/api` are both `/api`, and `/` is ``. */
export function prefixOf(path: string): string {
  return path.replace(/\/+$/, '');
}
