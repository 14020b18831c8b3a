import { printableLine } from '../../../util/printable-text.ts';
import type { PushReceiver } from '../push-receiver.ts';
import type { Repositories } from '../repositories.ts';
import { type PushReportOptions, reportPush } from '../report/push-report.ts';
import type { HookMessage } from './hook-message.ts';

export interface HookAnswerOptions {
  readonly repositories: Repositories;
  readonly receiver: PushReceiver;
  readonly report: PushReportOptions;
  /** The push of this number needs no place any more. */
  readonly letNextBegin: (push: string) => void;
  /** What the push of this number changed has become jobs. */
  readonly wasTaken: (push: string) => void;
}

/** Makes jobs of what a hook tells, and says to the pusher what becomes of them. */
export async function* answerHook(
  { folder, updates, more, options, pushedBy, push }: HookMessage,
  { repositories, receiver, report, letNextBegin, wasTaken }: HookAnswerOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const repository = repositories.atFolder(folder);
  if (push !== null) letNextBegin(push);
  if (repository === null) {
    yield `Layer: the CI server does not know ${printableLine(folder)}: run \`layer serve hook install\` there.`;
    return;
  }
  const received = await receiver.receive({ repository, updates, pushedBy });
  const rest = more > 0 ? await receiver.passOver(repository) : [];
  if (push !== null) wasTaken(push);
  yield* reportPush([...received, ...rest], options, report, signal);
}
