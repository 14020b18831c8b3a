import { type Edit, makeEdits } from './edit.ts';
import { Footprint } from './footprint.ts';
import type { GuestPrograms } from './guest-programs.ts';
import { makePrograms } from './make-program.ts';
import { makeTree, OWN_NAME } from './make-tree.ts';
import type { Program } from './operation.ts';
import { Random } from './random.ts';
import type { Tree } from './tree.ts';

/** All cases have as many steps, because cases share machines. */
export const STEPS = 3;

/** A workspace and what a Layerfile's steps do with it. Symlinks have {@link OWN_NAME} where the case's name belongs. */
export interface Subject {
  readonly seed: number;
  readonly tree: Tree;
  readonly programs: readonly Program[];
}

export function makeSubject(seed: number, programs: GuestPrograms): Subject {
  const random = new Random(`subject ${seed}`);
  const tree = makeTree(random, programs);
  return { seed, tree, programs: makePrograms(random, tree, STEPS) };
}

/** Edit number `number` of a subject: every number gives others. */
export function editsOf({ seed, tree, programs }: Subject, number: number, guest: GuestPrograms): readonly Edit[] {
  const footprint = new Footprint(tree, OWN_NAME);
  for (const program of programs) footprint.run(program);
  return makeEdits(new Random(`edits ${seed} ${number}`), tree, footprint.paths(), guest);
}
