import type { Failure } from './batch.ts';
import type { Edit } from './edit.ts';
import { encodeOperation } from './operation.ts';
import type { Thing } from './tree.ts';

/** What failed, how to see it again, and all that the case is made of. */
export function describeFailure({ subject, edit, edits, what }: Failure): string {
  return [
    `FAILED: ${what}`,
    `  again: npm run fuzz:soundness -- --seed ${subject.seed} --edit ${edit ?? 0} --cases 1`,
    ...[...subject.tree].map(([path, thing]) => `  tree   ${JSON.stringify(path)} ${describeThing(thing)}`),
    ...subject.programs.flatMap((program, step) => {
      return program.map((operation, index) => `  step ${step + 1} ${index} ${encodeOperation(operation).trimEnd()}`);
    }),
    ...edits.map((one) => `  edit   ${describeEdit(one)}`),
  ].join('\n');
}

function describeThing(thing: Thing): string {
  if (thing.type === 'symlink') return `-> ${JSON.stringify(thing.target)}`;
  if (thing.type !== 'file') return thing.type;
  return `file${thing.executable ? ' +x' : ''} of ${thing.bytes.length} bytes`;
}

function describeEdit(edit: Edit): string {
  const path = JSON.stringify(edit.path);
  if ('to' in edit) return `${edit.verb} ${path} ${JSON.stringify(edit.to)}`;
  return 'thing' in edit ? `${edit.verb} ${path} ${describeThing(edit.thing)}` : `${edit.verb} ${path}`;
}
