import type { ButtonPlace } from '../../../jobs/job.ts';
import { notify } from '../../client/notices.ts';
import { send } from '../../client/request.ts';
import { isMember } from '../../client/session.ts';
import { useQuery } from '../../client/use-query.ts';
import { partLabel } from '../../model/run-graph.ts';
import type { RunView } from '../../model/run-view.ts';
import { Button } from '../../parts/button.tsx';
import { Mark } from '../../parts/mark.tsx';
import { buttonMessage } from '../../words/step-remark.ts';

/** The BUTTONs that wait for a person. Only those of the last run can be pressed. */
export function WaitingButtons({
  job,
  view,
  isLast,
}: {
  readonly job: number;
  readonly view: RunView;
  readonly version: number;
  readonly isLast: boolean;
}) {
  const [, change] = useQuery();
  const waiting = view.parts.flatMap((part) =>
    part.steps.filter(({ state }) => state === 'waiting').map((step) => ({ part, step })),
  );
  const press = (place: ButtonPlace) => async (): Promise<void> => {
    await send('POST', `/api/jobs/${job}/buttons`, place);
    change({ run: null });
    notify('done', 'Pressed: it goes on.');
  };
  return (
    <>
      {waiting.map(({ part, step }) => (
        <div
          key={`${part.key} ${step.number}`}
          class="waiting"
          role="group"
          aria-label={`BUTTON of ${partLabel(part)}`}
        >
          <Mark state="waiting" />
          <span class="waiting-words">
            <strong>{buttonMessage(step.instruction ?? '')}</strong>
            <span class="quiet">
              {partLabel(part)} waits for a person at step {step.number}
            </span>
          </span>
          {isLast && isMember.value && (
            <Button
              kind="main"
              act={press({
                layerfile: part.layerfile,
                step: step.number,
                ...(part.copy === null ? {} : { copy: part.copy }),
              })}
            >
              Press
            </Button>
          )}
        </div>
      ))}
    </>
  );
}
