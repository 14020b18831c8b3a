import { Link } from 'wouter-preact';

import type { Runners } from '../../api/schemas/index.ts';
import { useAnswer } from '../client/use-answer.ts';
import { Page } from '../parts/page.tsx';
import { Lasting } from '../parts/time.tsx';
import { Failed, Loading } from '../parts/told.tsx';
import { counted } from '../words/counts.ts';

const LOOK_EVERY_MS = 2000;

/** What runs now, what there is room for, and what waits for it. */
export function MachinesPage() {
  const { value, failure, reload } = useAnswer<Runners>('/api/runners', LOOK_EVERY_MS);
  return (
    <Page title="Machines">
      {failure !== null && <Failed failure={failure} retry={reload} />}
      {value === null && failure === null && <Loading />}
      {value !== null && (
        <>
          <div class="meters">
            <Meter name="Machines" used={value.machines.running} limit={value.machines.limit} text={String} />
            <Meter name="Memory" used={value.memory.usedMib} limit={value.memory.limitMib} text={memoryText} />
          </div>
          <Workers workers={value.workers} />
          <Waiting waiting={value.waiting} />
        </>
      )}
    </Page>
  );
}

interface MeterProps {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly text: (value: number) => string;
}

function Meter({ name, used, limit, text }: MeterProps) {
  return (
    <div class="meter">
      <div class="meter-words">
        <span id={`meter-${name}`}>{name}</span>
        <span class="numbers">
          {text(used)} <span class="quiet">of {text(limit)}</span>
        </span>
      </div>
      <meter aria-labelledby={`meter-${name}`} min={0} max={Math.max(limit, 1)} value={used}>
        {text(used)} of {text(limit)}
      </meter>
    </div>
  );
}

const KINDS: Readonly<Record<Runners['workers'][number]['kind'], string>> = {
  build: 'build',
  terminal: 'terminal',
  websites: 'websites',
};

function Workers({ workers }: Pick<Runners, 'workers'>) {
  if (workers.length === 0) return <p class="quiet">Nothing runs now.</p>;
  return (
    <section>
      <h2>Running</h2>
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">What</th>
              <th scope="col" class="right">
                Machines
              </th>
              <th scope="col" class="right">
                Memory
              </th>
              <th scope="col" class="right">
                For
              </th>
            </tr>
          </thead>
          <tbody>
            {workers.map(({ kind, job, sinceMs, machines, memoryMib }) => (
              <tr key={`${kind}${job}${sinceMs}`}>
                <td>
                  <Link href={`/jobs/${job}`}>#{job}</Link>
                </td>
                <td>{KINDS[kind]}</td>
                <td class="right numbers">{machines}</td>
                <td class="right numbers">{memoryText(memoryMib)}</td>
                <td class="right">
                  <Lasting startedAtMs={sinceMs} endedAtMs={null} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Waiting({ waiting }: Pick<Runners, 'waiting'>) {
  if (waiting.length === 0) return null;
  return (
    <section>
      <h2>{counted(waiting.length, 'job')} waiting</h2>
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Waits for</th>
              <th scope="col" class="right">
                For
              </th>
            </tr>
          </thead>
          <tbody>
            {waiting.map(({ job, sinceMs, for: what }) => (
              <tr key={`${job} ${sinceMs} ${what}`}>
                <td>
                  <Link href={`/jobs/${job}`}>#{job}</Link>
                </td>
                <td>{what}</td>
                <td class="right">
                  <Lasting startedAtMs={sinceMs} endedAtMs={null} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function memoryText(mib: number): string {
  return mib < 1024 ? `${mib} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
