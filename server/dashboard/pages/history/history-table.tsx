import type { History } from '../../../api/schemas/index.ts';
import { formatDuration } from '../../../../util/duration.ts';
import { restoredPercent } from './share.ts';

/** The same figures as the charts, to be read. */
export function HistoryTable({ history }: { readonly history: History }) {
  return (
    <div class="table-scroll">
      <table class="table">
        <caption class="off-screen">Jobs by day, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col" class="right">
              Jobs
            </th>
            <th scope="col" class="right">
              Failed
            </th>
            <th scope="col" class="right">
              Median
            </th>
            <th scope="col" class="right">
              Restored
            </th>
            <th scope="col" class="right">
              Saved
            </th>
          </tr>
        </thead>
        <tbody>
          {history.toReversed().map((day) => (
            <tr key={day.day}>
              <th scope="row">{day.day}</th>
              <td class="right numbers">{day.jobs}</td>
              <td class="right numbers">{day.failed === 0 ? <span class="quiet">0</span> : day.failed}</td>
              <td class="right numbers">
                {day.medianDurationMs === null ? '–' : formatDuration(day.medianDurationMs)}
              </td>
              <td class="right numbers">{percentText(restoredPercent(day))}</td>
              <td class="right numbers">{formatDuration(day.savedMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function percentText(percent: number | null): string {
  return percent === null ? '–' : `${percent} %`;
}
