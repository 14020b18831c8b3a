import { useState } from 'preact/hooks';

import type { SecretList } from '../../../api/schemas/index.ts';
import { notify } from '../../client/notices.ts';
import { send } from '../../client/request.ts';
import { useAnswer } from '../../client/use-answer.ts';
import { Button } from '../../parts/button.tsx';
import { ConfirmButton } from '../../parts/confirm.tsx';
import { RowForm } from '../../parts/row-form.tsx';
import { Ago } from '../../parts/time.tsx';
import { Failed, Loading } from '../../parts/told.tsx';

/** Values go in and never come back: the server has no way to ask for one. */
export function Secrets({ repository }: { readonly repository: string }) {
  const path = `/api/repositories/${encodeURIComponent(repository)}/secrets`;
  const { value, failure, reload } = useAnswer<SecretList>(path);
  const [name, setName] = useState('');
  const remove = async (secret: string): Promise<void> => {
    await send('DELETE', `${path}/${encodeURIComponent(secret)}`);
    notify('done', `Removed ${secret}.`);
    reload();
  };
  const saved = (): void => {
    setName('');
    reload();
  };
  if (failure?.status === 404) return null;
  return (
    <section class="settings-section">
      <h2>Secrets</h2>
      <p class="quiet">
        For <code>SECRET ENV</code> in Layerfiles. A value can be set, replaced and removed; nobody can read it here
        again.
      </p>
      {failure !== null && <Failed failure={failure} retry={reload} />}
      {value === null && failure === null && <Loading />}
      {value !== null && value.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Set</th>
              <th scope="col">
                <span class="off-screen">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.map((secret) => (
              <tr key={secret.name}>
                <th scope="row">
                  <code>{secret.name}</code>
                </th>
                <td>
                  <Ago atMs={secret.setAtMs} />
                </td>
                <td class="right actions">
                  <Button kind="quiet" act={() => setName(secret.name)}>
                    Replace
                  </Button>
                  <ConfirmButton
                    label="Remove"
                    question={`Jobs that need ${secret.name} fail until it is set again.`}
                    act={() => remove(secret.name)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <SecretForm key={name} path={path} name={name} saved={saved} />
    </section>
  );
}

interface SecretFormProps {
  readonly path: string;
  /** Of one to be replaced; empty: a new one. */
  readonly name: string;
  readonly saved: () => void;
}

function SecretForm({ path, name: given, saved }: SecretFormProps) {
  const [name, setName] = useState(given);
  const [value, setValue] = useState('');
  const act = async (): Promise<void> => {
    await send('PUT', `${path}/${encodeURIComponent(name)}`, { value });
    notify('done', `Set ${name}.`);
    setName('');
    setValue('');
    saved();
  };
  return (
    <RowForm act={act}>
      <label>
        Name
        <input
          required
          pattern="[A-Za-z_][A-Za-z0-9_]*"
          title="Letters, digits and underscores, as the names of environment variables"
          maxLength={128}
          placeholder="NPM_TOKEN"
          spellcheck={false}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="grow">
        Value
        <textarea
          required
          rows={1}
          class="secret-value"
          autoComplete="off"
          spellcheck={false}
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button button-main">
        {given === '' ? 'Set' : 'Replace'}
      </button>
    </RowForm>
  );
}
