import { shellWord } from './command-text.ts';
import { BACKGROUND_LOGS } from './guest-layout.ts';
import type { StepContext } from './step-context.ts';

/** Of one service at one time, from the next whole line on; what is above it stays in the guest's log. */
const MAX_BYTES = 64 << 10;

/**
 * Prints, for each log of RUN BACKGROUND, a NUL, its name, a NUL, and what was not shown yet. How far a log was
 * shown is written down beside it in the guest, so that it is right for whatever snapshot a run goes on from.
 */
const SHOW_NEW = `cd ${BACKGROUND_LOGS} 2>/dev/null || exit 0
for log in *.log; do
  size=$(stat -c %s "$log") && shown=$(cat "$log.shown" 2>/dev/null || echo 0) || continue
  [ "$size" -gt "$shown" ] || continue
  skip=cat
  if [ $((size - shown)) -gt ${MAX_BYTES} ]; then shown=$((size - ${MAX_BYTES})) skip='sed 1d'; fi
  printf '\\0%s\\0' "\${log%.log}"
  tail -c +$((shown + 1)) "$log" | head -c $((size - shown)) | $skip | tr -d '\\0'
  echo "$size" >"$log.shown"
done`;

/** The step that a log belongs to; what services of the Layerfiles above write belongs to the step that lets them. */
function stepOf(service: string, { build: { depth = 0 }, step }: StepContext): number | null {
  const [, level = '0', number] = /^(?:(\d+)-)?(\d+)$/.exec(service) ?? [];
  if (number === undefined) return null;
  return Number(level) === depth ? Number(number) : step.number;
}

/** Sends what services have written since it was last shown, as output of the steps that started them. */
export async function showServiceOutput(context: StepContext): Promise<void> {
  const { session, build } = context;
  if (!session.lineage.hasServices) return;
  await context.capture(`bash -c ${shellWord(SHOW_NEW)}`, (stdout) => {
    const [, ...parts] = stdout.split('\0');
    for (let index = 0; index + 1 < parts.length; index += 2) {
      const [step, text] = [stepOf(parts[index] ?? '', context), parts[index + 1] ?? ''];
      if (step === null || text === '') continue;
      build.emit({ event: 'output', layerfile: build.layerfile, step, stream: 'stdout', text });
    }
  });
}
