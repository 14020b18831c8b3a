import type { CopyInstruction, Word } from '../../grammar/index.ts';
import { resolveSources } from '../copy-sources.ts';
import { shownRevision } from '../revision/revision.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';
import { layFiles } from './lay-files.ts';

/** Makes files of the workspace visible in the guest. Nothing is read or copied: the guest reads what it needs. */
export async function copy(context: StepContext, instruction: CopyInstruction): Promise<StepResult> {
  const { build, session, layerfile } = context;
  await session.mountWorkspace();
  const { sources, missing } = resolveSources(layerfile.path, instruction.sources, build.workspace, (observed) => {
    session.tracer.observe(observed);
  });
  const [first] = missing;
  return first === undefined ? layFiles(context, sources, instruction.destination.text) : missingSource(context, first);
}

function missingSource({ layerfile, build }: StepContext, { text, range }: Word): StepResult {
  const place = `${layerfile.path}:${range.start.line}:${range.start.column}`;
  const where = text.startsWith('/') ? 'the workspace' : `the folder of ${layerfile.path}`;
  const { revision, workspaceRoot } = build;
  if (revision === undefined)
    return refuse(`${place}: ${text} is not in ${where} (${workspaceRoot}), or git ignores it`);
  return refuse(`${place}: ${text} is not in ${where} at ${shownRevision(revision)}, or .layerignore hides it`);
}
