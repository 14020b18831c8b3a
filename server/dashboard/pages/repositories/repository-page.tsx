import { Link } from 'wouter-preact';

import type { RepositoryBody, RepositoryList } from '../../../api/schemas/index.ts';
import { isAdmin, isMember } from '../../client/session.ts';
import { useAnswer } from '../../client/use-answer.ts';
import { Commands } from '../../parts/commands.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Failed, Loading } from '../../parts/told.tsx';
import { pushLines } from '../jobs/first-push.tsx';
import { ForgeForm } from './forge-form.tsx';
import { RepositorySettings } from './repository-settings.tsx';
import { Secrets } from './secrets.tsx';

export function RepositoryPage({ name }: { readonly name: string }) {
  const jobs = <Link href={`/?search=${encodeURIComponent(`repo:${name}`)}`}>Its jobs</Link>;
  return (
    <Page title={name} tools={jobs}>
      <Existing name={name} />
      <section class="settings-section">
        <h2>Push</h2>
        <Commands lines={pushLines(name)} />
      </section>
      {isMember.value && <Secrets repository={name} />}
      {isAdmin.value && <Settings name={name} />}
    </Page>
  );
}

/** Says so where there is no such repository: the address may have been typed. */
function Existing({ name }: { readonly name: string }) {
  const { value } = useAnswer<RepositoryList>('/api/repositories');
  if (value === null || value.some((repository) => repository.name === name)) return null;
  return <Empty title={`There is no repository “${name}” yet. The first push creates it.`} />;
}

function Settings({ name }: { readonly name: string }) {
  const { value, failure, reload } = useAnswer<RepositoryBody>(`/api/repositories/${encodeURIComponent(name)}`);
  if (failure !== null) return failure.status === 404 ? null : <Failed failure={failure} retry={reload} />;
  if (value === null) return <Loading />;
  return (
    <>
      <RepositorySettings repository={value} saved={reload} />
      <ForgeForm key={value.forge?.kind ?? ''} repository={value} saved={reload} />
    </>
  );
}
