import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';

import type { RepositoryList } from '../../../api/schemas/index.ts';
import { notify } from '../../client/notices.ts';
import { send } from '../../client/request.ts';
import { isMember } from '../../client/session.ts';
import { useAnswer } from '../../client/use-answer.ts';
import { Page } from '../../parts/page.tsx';
import { RowForm } from '../../parts/row-form.tsx';
import { Empty, Failed, Loading } from '../../parts/told.tsx';

export function RepositoriesPage() {
  const { value, failure, reload } = useAnswer<RepositoryList>('/api/repositories');
  return (
    <Page title="Repositories">
      {isMember.value && <NewRepositoryForm created={reload} />}
      {failure !== null && <Failed failure={failure} retry={reload} />}
      {value === null && failure === null && <Loading />}
      {value?.length === 0 && (
        <Empty title="No repositories yet.">
          <p>Create one here, or push to a name that does not exist: the first push creates it.</p>
        </Empty>
      )}
      {value !== null && value.length > 0 && (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Push to</th>
                <th scope="col">
                  <span class="off-screen">Jobs</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.map(({ name, pushUrl }) => (
                <tr key={name}>
                  <th scope="row">
                    <Link href={`/repositories/${name}`}>{name}</Link>
                  </th>
                  <td>
                    <code class="push-url">{pushUrl}</code>
                  </td>
                  <td class="right">
                    <Link href={`/?search=${encodeURIComponent(`repo:${name}`)}`}>its jobs</Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Page>
  );
}

function NewRepositoryForm({ created }: { readonly created: () => void }) {
  const [name, setName] = useState('');
  const act = async (): Promise<void> => {
    await send('POST', '/api/repositories', { name });
    notify('done', `Created ${name}.`);
    setName('');
    created();
  };
  return (
    <RowForm act={act}>
      <label>
        Name
        <input
          required
          maxLength={64}
          pattern="[a-z0-9][a-z0-9._\-]*"
          title="Small letters, digits, dots, hyphens and underscores"
          placeholder="shop"
          spellcheck={false}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button button-main">
        Create a repository
      </button>
    </RowForm>
  );
}
