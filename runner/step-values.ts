import type { EnvNamesInstruction, Instruction, Layerfile, SkipInstruction } from '../grammar/index.ts';
import type { StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { sha256 } from '../util/sha256.ts';
import { literalValue } from './literal-value.ts';
import type { RunEnvironment } from './run-environment.ts';
import type { RunSecrets } from './secrets/run-secrets.ts';
import { judge, type SkipVerdict } from './skip-conditions.ts';
import type { Step } from './step.ts';

/** A variable and its value, undefined where it is to be unset. */
export type Assigned = readonly [name: string, value: string | undefined];

/** Where a part's values come from. */
export interface ValueSources {
  /** The Layerfiles whose steps are in its machine; its own is the last. */
  readonly lineage: readonly Layerfile[];
  readonly environment: RunEnvironment;
  readonly secrets: RunSecrets;
  /** What a SPLIT tells this copy. */
  readonly copyVariables?: ReadonlyMap<string, string>;
}

/** What the steps of one part depend on besides files: the run's environment, its secrets, and ENV. */
export class StepValues {
  readonly #path: string;
  readonly #instructions: readonly Instruction[];
  readonly #environment: RunEnvironment;
  readonly #secrets: RunSecrets;
  readonly #copyVariables: ReadonlyMap<string, string>;
  readonly #verdicts = new Map<SkipInstruction, SkipVerdict>();

  constructor({ lineage, environment, secrets, copyVariables = new Map() }: ValueSources) {
    this.#path = lineage.at(-1)?.path ?? '';
    this.#instructions = lineage.flatMap(({ instructions }) => instructions);
    this.#environment = environment;
    this.#secrets = secrets;
    this.#copyVariables = copyVariables;
  }

  /** What these values add to the key of a step. */
  keyFields({ instruction }: Step): StepFields {
    switch (instruction.kind) {
      case 'BUILD ENV':
        return { values: digestOf(this.assigned(instruction)) };
      case 'SECRET ENV':
        return Object.fromEntries(
          instruction.names.map(({ text }) => [`secret ${text}`, this.#secrets.fingerprint(text)]),
        );
      case 'SKIP REMAINING IF':
        return { verdict: this.verdict(instruction) };
      default:
        return {};
    }
  }

  /** What BUILD ENV or SECRET ENV sets. */
  assigned({ kind, names }: EnvNamesInstruction): readonly Assigned[] {
    const values = kind === 'SECRET ENV' ? this.#secrets : this.#environment;
    return names.map(({ text }) => [text, values.value(text)]);
  }

  verdict(instruction: SkipInstruction): SkipVerdict {
    const known = this.#verdicts.get(instruction);
    if (known !== undefined) return known;
    const verdict = judge(instruction.conditions, (key) => this.#hostValue(key, instruction));
    this.#verdicts.set(instruction, verdict);
    return verdict;
  }

  /** As {@link verdict}, once the guest has been asked. */
  verdictWith(instruction: SkipInstruction, guest: ReadonlyMap<string, string>): SkipVerdict {
    return judge(instruction.conditions, (key) => this.#hostValue(key, instruction) ?? guest.get(key) ?? null);
  }

  /** The keys of the conditions that only the guest knows. */
  unknownKeys(instruction: SkipInstruction): readonly string[] {
    const keys = instruction.conditions.map(({ key }) => key);
    return [...new Set(keys)].filter((key) => this.#hostValue(key, instruction) === null);
  }

  /** Throws `SECRET_MISSING`, with the place of each, where a SECRET ENV among `steps` names one that has no value. */
  requireSecrets(steps: readonly Step[]): void {
    const missing = steps.flatMap(({ instruction }) =>
      instruction.kind === 'SECRET ENV'
        ? instruction.names.filter(({ text }) => this.#secrets.value(text) === undefined)
        : [],
    );
    const [first] = missing;
    if (first === undefined) return;
    const texts = missing.map(
      ({ text, range }) => `${this.#path}:${range.start.line}:${range.start.column}: the secret ${text} has no value`,
    );
    throw new LayerError('SECRET_MISSING', texts.join('\n'), {
      hint: `\`layer secret set ${first.text}\` stores one; \`--env ${first.text}\` takes it from your environment.`,
    });
  }

  /** The value of `key` where `instruction` stands: what is nearest above it counts, unset is ''. Null: only the guest knows. */
  #hostValue(key: string, instruction: Instruction): string | null {
    const instructions = this.#instructions;
    for (const above of instructions.slice(0, instructions.indexOf(instruction)).reverse()) {
      if (above.kind === 'ENV') {
        const assignment = above.assignments.findLast((candidate) => candidate.key === key);
        if (assignment !== undefined) return literalValue(assignment.value);
      }
      if (above.kind === 'BUILD ENV' || above.kind === 'SECRET ENV') {
        const assigned = this.assigned(above).find(([name]) => name === key);
        if (assigned !== undefined) return assigned[1] ?? '';
      }
    }
    return this.#copyVariables.get(key) ?? this.#environment.value(key) ?? '';
  }
}

/** Unset differs from empty. */
function digestOf(assigned: readonly Assigned[]): string {
  return sha256(JSON.stringify(assigned.map(([name, value]) => [name, value ?? null])));
}
