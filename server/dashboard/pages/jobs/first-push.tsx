import { useAnswer } from '../../client/use-answer.ts';
import type { RepositoryList } from '../../../api/schemas/index.ts';
import { Commands } from '../../parts/commands.tsx';
import { Empty } from '../../parts/told.tsx';

/** The first thing that anybody sees: how to get a job. */
export function FirstPush() {
  const { value } = useAnswer<RepositoryList>('/api/repositories');
  const name = value?.[0]?.name ?? 'my-project';
  return (
    <Empty title="No jobs yet. Push something.">
      <p>In a git repository with a Layerfile, with a token that may push in place of TOKEN:</p>
      <Commands lines={pushLines(name)} />
      <p class="quiet">
        A repository of that name is created by the first push. Each push of a branch becomes a job, and shows up here
        at once.
      </p>
    </Empty>
  );
}

export function pushLines(name: string): readonly string[] {
  const { protocol, host } = window.location;
  return [`git remote add layer ${protocol}//layer:TOKEN@${host}/git/${name}.git`, 'git push layer main'];
}
