import type { History, RepositoryList } from '../../../api/schemas/index.ts';
import { useAnswer } from '../../client/use-answer.ts';
import { useQuery } from '../../client/use-query.ts';
import { Page } from '../../parts/page.tsx';
import { Empty, Failed, Loading } from '../../parts/told.tsx';
import { Charts } from './charts.tsx';
import { HistoryTable } from './history-table.tsx';

const PERIODS = ['7', '30', '90'] as const;

/** How long jobs take, how much is restored, and the time that it saves, day by day. */
export function HistoryPage() {
  const [query, change] = useQuery();
  const [repository, days] = [query.get('repository') ?? '', query.get('days') ?? '30'];
  const path = `/api/history?${new URLSearchParams({ days, ...(repository === '' ? {} : { repository }) }).toString()}`;
  const { value, failure, reload } = useAnswer<History>(path);
  const tools = <Choices repository={repository} days={days} change={change} />;
  return (
    <Page title="History" tools={tools}>
      {failure !== null && <Failed failure={failure} retry={reload} />}
      {value === null && failure === null && <Loading />}
      {value?.length === 0 && (
        <Empty title="Nothing has ended in this time.">
          <p>As soon as jobs have, this page shows how long they take and what restoring saves.</p>
        </Empty>
      )}
      {value !== null && value.length > 0 && (
        <>
          <Charts history={value} />
          <HistoryTable history={value} />
        </>
      )}
    </Page>
  );
}

interface ChoicesProps {
  readonly repository: string;
  readonly days: string;
  readonly change: (changes: Readonly<Record<string, string>>) => void;
}

function Choices({ repository, days, change }: ChoicesProps) {
  const { value } = useAnswer<RepositoryList>('/api/repositories');
  return (
    <div class="choices">
      <select
        aria-label="Repository"
        value={repository}
        onChange={(event) => change({ repository: event.currentTarget.value })}
      >
        <option value="">All repositories</option>
        {value?.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <div class="chips" role="group" aria-label="Period">
        {PERIODS.map((period) => (
          <button
            key={period}
            type="button"
            class="chip"
            aria-pressed={days === period}
            onClick={() => change({ days: period })}
          >
            {period} days
          </button>
        ))}
      </div>
    </div>
  );
}
