import { useState } from 'preact/hooks';

import type { CreatedToken, TokenList } from '../../api/schemas/index.ts';
import type { Role } from '../../access/caller.ts';
import { notify } from '../client/notices.ts';
import { send } from '../client/request.ts';
import { isAdmin } from '../client/session.ts';
import { useAnswer } from '../client/use-answer.ts';
import { Button } from '../parts/button.tsx';
import { Commands } from '../parts/commands.tsx';
import { ConfirmButton } from '../parts/confirm.tsx';
import { Page } from '../parts/page.tsx';
import { RowForm } from '../parts/row-form.tsx';
import { Ago } from '../parts/time.tsx';
import { Empty, Failed, Loading } from '../parts/told.tsx';

export function TokensPage() {
  const { value, failure, reload } = useAnswer<TokenList>(isAdmin.value ? '/api/tokens' : null);
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const add = (token: CreatedToken): void => {
    setCreated(token);
    reload();
  };
  const revoke = async (id: number, name: string): Promise<void> => {
    await send('DELETE', `/api/tokens/${id}`);
    notify('done', `Revoked ${name}.`);
    reload();
  };
  if (!isAdmin.value)
    return (
      <Page title="Tokens">
        <Empty title="Only administrators see the tokens." />
      </Page>
    );
  return (
    <Page title="Tokens">
      <NewTokenForm created={add} />
      {created !== null && <Created token={created} close={() => setCreated(null)} />}
      {failure !== null && <Failed failure={failure} retry={reload} />}
      {value === null && failure === null && <Loading />}
      {value !== null && (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col">Created</th>
                <th scope="col">Last used</th>
                <th scope="col">
                  <span class="off-screen">Revoke</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.map(({ id, name, role, createdAtMs, lastUsedAtMs }) => (
                <tr key={id}>
                  <th scope="row">{name}</th>
                  <td>{role}</td>
                  <td>
                    <Ago atMs={createdAtMs} />
                  </td>
                  <td>{lastUsedAtMs === null ? <span class="quiet">never</span> : <Ago atMs={lastUsedAtMs} />}</td>
                  <td class="right">
                    <ConfirmButton
                      label="Revoke"
                      question={`Whoever uses the token “${name}” is shut out at once. This cannot be undone.`}
                      act={() => revoke(id, name)}
                    />
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

const ROLES: readonly (readonly [role: Role, may: string])[] = [
  ['read', 'read: looks'],
  ['member', 'member: pushes, runs, cancels, opens terminals'],
  ['admin', 'admin: does everything'],
];

function NewTokenForm({ created }: { readonly created: (token: CreatedToken) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('member');
  const act = async (): Promise<void> => {
    created(await send<CreatedToken>('POST', '/api/tokens', { name: name.trim(), role }));
    setName('');
  };
  return (
    <RowForm act={act}>
      <label>
        Name
        <input
          required
          maxLength={64}
          placeholder="ada's laptop"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        Role
        <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
          {ROLES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button button-main">
        Create a token
      </button>
    </RowForm>
  );
}

function Created({
  token: { name, role, token },
  close,
}: {
  readonly token: CreatedToken;
  readonly close: () => void;
}) {
  return (
    <div class="told told-done" role="status">
      <h2>
        The token of {name} ({role})
      </h2>
      <p>It is shown now and never again.</p>
      <Commands lines={[token]} />
      <Button act={close}>I have it</Button>
    </div>
  );
}
