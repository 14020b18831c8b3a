import type { PathsInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, refuse, type StepResult } from '../step-result.ts';
import { resolveGuestPath } from './environment.ts';
import { isVolatile } from './lay-files.ts';

/** The helper's own files: replacing them would end the guest. */
const OURS = ['/etc/layer', '/usr/lib/layer', '/var/lib/layer'];

/** Fills each folder with what former runs have left in it. What the steps leave there is saved when the run ends. */
export async function provideCaches(context: StepContext, { paths }: PathsInstruction): Promise<StepResult> {
  const folders = [...new Set(paths.map(({ text }) => resolveGuestPath(context.session.lineage, text)))];
  const unfit = folders.find(isUnfit);
  if (unfit !== undefined) return refuse(`CACHE cannot keep ${unfit}: it is no folder of the user's on the disk`);
  const { CacheKeeper } = await import('../caches/cache-keeper.ts');
  const { makeScript } = await import('../caches/guest-folder.ts');
  const keeper = new CacheKeeper(context.build, context.session);
  // A folder before those inside it: filling it replaces them.
  for (const folder of folders.sort()) {
    const made = await context.run(makeScript(context.session.lineage, folder));
    if (!made.ok) return refuse(`CACHE cannot make the folder ${folder}`);
    await keeper.provide(folder);
  }
  return DONE;
}

function isUnfit(folder: string): boolean {
  const holds = (own: string): boolean => `${own}/`.startsWith(`${folder}/`) || folder.startsWith(`${own}/`);
  return folder === '/' || isVolatile(folder) || OURS.some(holds);
}
