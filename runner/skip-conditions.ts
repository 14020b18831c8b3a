import { runInNewContext } from 'node:vm';

import type { SkipCondition, SkipInstruction } from '../grammar/index.ts';
import { LayerError } from '../util/layer-error.ts';

/** `asks`: only the guest knows a value that it depends on. */
export type SkipVerdict = 'skips' | 'goes on' | 'asks';

/** More than any sensible expression takes, on any machine however busy; `(a+)+$` may take years. */
const EXPRESSION_LIMIT_MS = 10_000;

/** For people. */
export function whySkipped({ text }: SkipInstruction): string {
  return `what is below is skipped: ${text.replace(/^SKIP REMAINING IF /, '')}`;
}

/**
 * Whether all `conditions` hold, as far as `valueOf` knows their keys' values: null for one that it does not know. Throws
 * `LAYERFILE_INVALID` for a regular expression that takes longer than `limitMs`.
 */
export function judge(
  conditions: readonly SkipCondition[],
  valueOf: (key: string) => string | null,
  limitMs = EXPRESSION_LIMIT_MS,
): SkipVerdict {
  let verdict: SkipVerdict = 'skips';
  for (const condition of conditions) {
    const value = valueOf(condition.key);
    if (value === null) verdict = 'asks';
    else if (!holds(condition, value, limitMs)) return 'goes on';
  }
  return verdict;
}

function holds(condition: SkipCondition, value: string, limitMs: number): boolean {
  switch (condition.operator) {
    case '=':
      return value === condition.value;
    case '!=':
      return value !== condition.value;
    case '=~':
      return matches(condition, value, limitMs);
    case '!=~':
      return !matches(condition, value, limitMs);
  }
}

/** In a context of its own, because only there can an expression that takes too long be stopped. */
function matches({ key, value: pattern }: SkipCondition, value: string, limitMs: number): boolean {
  try {
    return runInNewContext('new RegExp(pattern).test(value)', { pattern, value }, { timeout: limitMs }) === true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    const message = `SKIP REMAINING IF: after ${limitMs / 1000} s it is not known whether ${key} matches \`${pattern}\``;
    throw new LayerError('LAYERFILE_INVALID', message, {
      hint: 'Write a simpler regular expression: one without repetitions inside repetitions.',
    });
  }
}
