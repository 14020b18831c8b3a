import type { ExposeTcpInstruction, ExposeWebsiteInstruction } from '../../grammar/index.ts';
import { BACKGROUND_LOGS } from '../guest-layout.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, refuse, type StepResult } from '../step-result.ts';

const READY_LIMIT_MS = 120_000;
const LOG_LINES = 20;

/** Waits for the port to answer: what is exposed is there in the snapshot, and in every machine restored from it. */
export async function expose(
  context: StepContext,
  instruction: ExposeWebsiteInstruction | ExposeTcpInstruction,
): Promise<StepResult> {
  const { signal, exposeLimitMs: limitMs = READY_LIMIT_MS } = context.build;
  // Loaded here: it brings HTTP along.
  const { untilReady } = await import('../expose/readiness.ts');
  const obstacle = await untilReady(instruction, { guest: context.session.machine, limitMs, signal });
  if (obstacle === null) return DONE;
  const complaint = `${addressOf(instruction)} in the guest did not answer within ${limitMs / 1000} s: ${obstacle}`;
  return refuse(`${complaint}\n${await backgroundLogs(context)}`.trimEnd());
}

function addressOf(instruction: ExposeWebsiteInstruction | ExposeTcpInstruction): string {
  if (instruction.kind === 'EXPOSE TCP') return `port ${instruction.guestPort}`;
  return `${instruction.scheme}://${instruction.host}:${instruction.port}`;
}

/** The end of what each RUN BACKGROUND service wrote earlier; what is new goes out with every step that fails. */
async function backgroundLogs(context: StepContext): Promise<string> {
  if (!context.session.lineage.hasServices) return 'No RUN BACKGROUND command runs in it.';
  let logs = '';
  const show = `cd ${BACKGROUND_LOGS} 2>/dev/null || exit 0
for log in *.log; do
  shown=$(cat "$log.shown" 2>/dev/null) && [ "$shown" -gt 0 ] || continue
  echo "RUN BACKGROUND of step \${log%.log} wrote before:"
  head -c "$shown" -- "$log" | tail -n ${LOG_LINES}
done`;
  await context.capture(show, (text) => (logs = text));
  return logs;
}
