import type { BuildEvent, StepEnded } from '../../runner/index.ts';

/** A machine that exposes something: a Layerfile's, or one of its copies below a SPLIT. */
export interface ExposingMachine {
  /** Path relative to the repository's root. */
  readonly layerfile: string;
  /** From 0; null above a SPLIT, and where there is none. */
  readonly copy: number | null;
  /** The last of its steps that is saved. */
  readonly leastSteps: number;
  /** Where its websites begin, in the Layerfile's order, each once. */
  readonly paths: readonly string[];
}

/** More than anybody exposes: somebody's Layerfiles must not fill the server's memory. */
const MOST_WEBSITES = 1000;

/** What the machines of a run expose that reached their EXPOSE WEBSITE and were saved there. `lines`: the run's events, as JSON. */
export async function exposingMachines(lines: AsyncIterable<string>): Promise<readonly ExposingMachine[]> {
  const machines = new Map<string, { readonly steps: StepEnded[]; saved: number }>();
  let websites = 0;
  for await (const line of lines) {
    const step = stepIn(line);
    if (step === null || (step.snapshot === null && step.website === undefined)) continue;
    const key = `${step.copy ?? ''} ${step.layerfile}`;
    const machine = machines.get(key) ?? { steps: [], saved: 0 };
    machines.set(key, machine);
    if (step.snapshot !== null) machine.saved = Math.max(machine.saved, step.step);
    if (step.website !== undefined && ++websites <= MOST_WEBSITES) machine.steps.push(step);
  }
  return [...machines.values()].flatMap(({ steps, saved }) => {
    const reached = steps.filter(({ step }) => step <= saved);
    const [first] = reached;
    if (first === undefined) return [];
    const paths = [...new Set(reached.flatMap(({ website }) => website ?? []))];
    return [{ layerfile: first.layerfile, copy: first.copy ?? null, leastSteps: saved, paths }];
  });
}

/** Most lines are output, which is not even parsed. */
function stepIn(line: string): StepEnded | null {
  if (!line.includes('"event":"step"')) return null;
  const event = JSON.parse(line) as BuildEvent;
  return event.event === 'step' && (event.outcome === 'restored' || event.outcome === 'ran') ? event : null;
}
