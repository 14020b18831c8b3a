import { shellWord } from './command-text.ts';
import { BACKGROUND_LOGS } from './guest-layout.ts';
import type { StepContext } from './step-context.ts';

/** Of one service at one time; what is above it stays in the guest's log. */
const MAX_BYTES = 64 << 10;

/**
 * Prints, for each log of RUN BACKGROUND, a NUL, the step's number, a NUL, and what was not shown yet. How far a log was
 * shown is written down beside it in the guest, so that it is right for whatever snapshot a run goes on from.
 */
const SHOW_NEW = `cd ${BACKGROUND_LOGS} 2>/dev/null || exit 0
for log in *.log; do
  size=$(stat -c %s "$log") && shown=$(cat "$log.shown" 2>/dev/null || echo 0) || continue
  [ "$size" -gt "$shown" ] || continue
  if [ $((size - shown)) -gt ${MAX_BYTES} ]; then shown=$((size - ${MAX_BYTES})); fi
  printf '\\0%s\\0' "\${log%.log}"
  tail -c +$((shown + 1)) "$log" | head -c $((size - shown))
  echo "$size" >"$log.shown"
done`;

/** Sends what services have written since it was last shown, as output of the steps that started them. */
export async function showServiceOutput(context: StepContext): Promise<void> {
  const { session, build } = context;
  if (!session.lineage.hasServices) return;
  await context.capture(`bash -c ${shellWord(SHOW_NEW)}`, (stdout) => {
    const [, ...parts] = stdout.split('\0');
    for (let index = 0; index + 1 < parts.length; index += 2) {
      const [step, text] = [Number(parts[index]), parts[index + 1] ?? ''];
      if (!Number.isSafeInteger(step) || text === '') continue;
      build.emit({ event: 'output', layerfile: build.layerfile, step, stream: 'stdout', text });
    }
  });
}
