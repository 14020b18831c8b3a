import type { Diagnostic, Layerfile, SourceRange } from '../../grammar/index.ts';
import { DEFAULT_MEMORY_MIB } from '../machine-memory.ts';
import type { GraphNode } from './graph-node.ts';

interface MachineMemory {
  readonly path: string;
  readonly megabytes: number;
  readonly range: SourceRange | undefined;
}

function memoryInstruction({ instructions }: Layerfile): { megabytes: number; range: SourceRange } | undefined {
  return instructions.find((instruction) => instruction.kind === 'MEMORY');
}

function machineMemory(layerfile: Layerfile): MachineMemory {
  const own = memoryInstruction(layerfile);
  const range = own?.range ?? layerfile.instructions[0]?.range;
  return { path: layerfile.path, megabytes: own?.megabytes ?? DEFAULT_MEMORY_MIB, range };
}

/** A child goes on in its parent's machine, whose memory cannot grow. `nodes` by path. */
export function memoryFindings(nodes: ReadonlyMap<string, GraphNode>): Diagnostic[] {
  return [...nodes.values()].flatMap(({ layerfile, edges }) => {
    const own = memoryInstruction(layerfile);
    const parent = parentOf(edges);
    const machine = parent === undefined ? undefined : machineOf(nodes, parent);
    if (own === undefined || machine === undefined || own.megabytes <= machine.megabytes) return [];
    return [tooMuchMemory(layerfile.path, own, machine)];
  });
}

/** What decides the memory of the machine that the Layerfile at `path` runs in; undefined within a cycle. */
function machineOf(nodes: ReadonlyMap<string, GraphNode>, path: string): MachineMemory | undefined {
  const seen = new Set<string>();
  for (let at: string | undefined = path; at !== undefined && !seen.has(at); ) {
    seen.add(at);
    const node = nodes.get(at);
    const parent: string | undefined = parentOf(node?.edges ?? []);
    if (node !== undefined && parent === undefined) return machineMemory(node.layerfile);
    at = parent;
  }
  return undefined;
}

function parentOf(edges: GraphNode['edges']): string | undefined {
  return edges.find(({ kind }) => kind === 'FROM')?.to;
}

function tooMuchMemory(
  path: string,
  own: { megabytes: number; range: SourceRange },
  machine: MachineMemory,
): Diagnostic {
  const place = machine.range;
  const related =
    place === undefined ? [] : [{ path: machine.path, range: place, message: 'its machine is made here' }];
  return {
    ...{ severity: 'error', code: 'memory-over-parent', path, range: own.range, related },
    message: `MEMORY asks for ${own.megabytes} MiB, but this goes on in a machine with ${machine.megabytes} MiB`,
    hint: `Move MEMORY to ${machine.path}.`,
  };
}
