import { runInNewContext } from 'node:vm';

import type { SkipCondition, SkipInstruction } from '../grammar/index.ts';
import { LayerError } from '../util/layer-error.ts';

/** `asks`: only the guest knows a value that it depends on. */
export type SkipVerdict = 'skips' | 'goes on' | 'asks';

/** More than any sensible expression takes; `(a+)+$` takes years. */
const EXPRESSION_LIMIT_MS = 1000;

/** For people. */
export function whySkipped({ text }: SkipInstruction): string {
  return `what is below is skipped: ${text.replace(/^SKIP REMAINING IF /, '')}`;
}

/** Whether all `conditions` hold, as far as `valueOf` knows their keys' values: null for one that it does not know. */
export function judge(conditions: readonly SkipCondition[], valueOf: (key: string) => string | null): SkipVerdict {
  let verdict: SkipVerdict = 'skips';
  for (const condition of conditions) {
    const value = valueOf(condition.key);
    if (value === null) verdict = 'asks';
    else if (!holds(condition, value)) return 'goes on';
  }
  return verdict;
}

function holds(condition: SkipCondition, value: string): boolean {
  switch (condition.operator) {
    case '=':
      return value === condition.value;
    case '!=':
      return value !== condition.value;
    case '=~':
      return matches(condition, value);
    case '!=~':
      return !matches(condition, value);
  }
}

/** In a context of its own, because only there can an expression that takes too long be stopped. */
function matches({ key, value: pattern }: SkipCondition, value: string): boolean {
  try {
    const sandbox = { pattern, value };
    return runInNewContext('new RegExp(pattern).test(value)', sandbox, { timeout: EXPRESSION_LIMIT_MS }) === true;
  } catch (cause) {
    throw new LayerError(
      'LAYERFILE_INVALID',
      `SKIP REMAINING IF cannot tell in ${EXPRESSION_LIMIT_MS / 1000} s whether ${key} matches \`${pattern}\``,
      {
        cause,
        hint: 'Write a simpler regular expression: one without repetitions inside repetitions.',
      },
    );
  }
}
