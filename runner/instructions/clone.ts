import type { CloneInstruction, Word } from '../../grammar/index.ts';
import { branchName } from '../clone/choose-revision.ts';
import { type Clone, cloneId } from '../clone/clone.ts';
import { type ResolvedSources, resolveBelow } from '../copy-sources.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';
import { layFiles } from './lay-files.ts';

/** Makes files of another repository visible in the guest, as COPY does with those of the workspace. */
export async function clone(context: StepContext, instruction: CloneInstruction): Promise<StepResult> {
  const found = context.build.clones.get(cloneId(instruction));
  if (found === undefined) throw new Error(`Internal error: ${instruction.text} was not opened`);
  await context.session.mountWorkspace();
  const { sources, missing } = sourcesOf(context, found, instruction.files);
  const [first] = missing;
  return first === undefined
    ? layFiles(context, sources, instruction.destination.text)
    : missingFile(context, found, first);
}

/** No files named means all of them: the repository's own folder, whose contents are laid. */
function sourcesOf({ build, session }: StepContext, { root }: Clone, files: readonly Word[]): ResolvedSources {
  const names = files.length === 0 ? [{ text: '/' } as Word] : files;
  return resolveBelow(root, names, build.workspace, (observed) => session.tracer.observe(observed));
}

function missingFile({ layerfile }: StepContext, { shown, revision }: Clone, { text, range }: Word): StepResult {
  const place = `${layerfile.path}:${range.start.line}:${range.start.column}`;
  return refuse(`${place}: ${text} is not in ${shown} (${branchName(revision)}, ${revision.commit.slice(0, 12)})`);
}
