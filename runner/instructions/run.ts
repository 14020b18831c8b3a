import type { RunInstruction } from '../../grammar/index.ts';
import { asUser, enterStep, shellWord, stepCommand } from '../command-text.ts';
import { BACKGROUND_LOGS } from '../guest-layout.ts';
import type { StepContext } from '../step-context.ts';
import type { StepResult } from '../step-result.ts';

/** Names the service's log: unique in the machine, which may have been through other Layerfiles with steps of this number. */
function serviceName({ build: { depth = 0 }, step }: StepContext): string {
  return depth === 0 ? String(step.number) : `${depth}-${step.number}`;
}

/** A background command that ends badly within this time fails its step. */
const FIRST_MOMENTS_S = 2;

export async function run(context: StepContext, { command }: RunInstruction): Promise<StepResult> {
  return context.run(stepCommand(context.session.lineage, command));
}

/**
 * Starts the command in a session of its own, so that it outlives the step, and watches its first moments. The shell
 * waits for whichever comes first, its end or the time, without looking again and again.
 */
export async function runBackground(context: StepContext, { command }: RunInstruction): Promise<StepResult> {
  const { lineage } = context.session;
  const log = `${BACKGROUND_LOGS}/${serviceName(context)}.log`;
  const script = `${enterStep(lineage)} && mkdir -p ${BACKGROUND_LOGS} || exit
setsid bash -c ${shellWord(command)} </dev/null >${log} 2>&1 &
service=$!
sleep ${FIRST_MOMENTS_S} </dev/null >/dev/null 2>&1 &
moments=$!
wait -n $service $moments
status=$?
size=$(stat -c %s ${log})
head -c $size ${log}
echo $size >${log}.shown
if kill -0 $service 2>/dev/null; then exit 0; fi
kill $moments 2>/dev/null
# Its own status: 0 for a command that went into the background by itself.
exit $status`;
  const result = await context.run(asUser(lineage, script));
  context.session.lineage = { ...context.session.lineage, hasServices: true };
  return result;
}
