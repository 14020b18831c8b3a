import { useState } from 'preact/hooks';

import type { RepositoryBody } from '../../../api/schemas/index.ts';
import { notify } from '../../client/notices.ts';
import { send } from '../../client/request.ts';
import { Button } from '../../parts/button.tsx';
import { Commands } from '../../parts/commands.tsx';

type Kind = NonNullable<RepositoryBody['forge']>['kind'];

const FORGES: readonly (readonly [kind: Kind, name: string, apiUrl: string])[] = [
  ['github', 'GitHub', 'https://api.github.com'],
  ['gitlab', 'GitLab', 'https://gitlab.com/api/v4'],
  ['gitea', 'Gitea or Forgejo', ''],
];

interface ForgeProps {
  readonly repository: RepositoryBody;
  readonly saved: () => void;
}

/** Where pushes come from by webhook, and where statuses go. Its two secrets are written and never shown. */
export function ForgeForm({ repository, saved }: ForgeProps) {
  const { forge, name, webhookUrl } = repository;
  const [kind, setKind] = useState<Kind | ''>(forge?.kind ?? '');
  const [fields, setFields] = useState({
    apiUrl: forge?.apiUrl ?? '',
    cloneUrl: forge?.cloneUrl ?? '',
    token: '',
    webhookSecret: '',
  });
  const set = (field: keyof typeof fields) => (value: string) => setFields((before) => ({ ...before, [field]: value }));
  const choose = (value: Kind | ''): void => {
    setKind(value);
    const known = FORGES.find(([other]) => other === value)?.[2] ?? '';
    if (known !== '') set('apiUrl')(known);
  };
  const save = async (): Promise<void> => {
    const { token, webhookSecret, ...urls } = fields;
    const given = { ...(token === '' ? {} : { token }), ...(webhookSecret === '' ? {} : { webhookSecret }) };
    const change = kind === '' ? null : { kind, ...urls, ...given };
    await send('PATCH', `/api/repositories/${encodeURIComponent(name)}`, { forge: change });
    notify('done', 'Saved.');
    setFields((before) => ({ ...before, token: '', webhookSecret: '' }));
    saved();
  };
  return (
    <section class="settings-section">
      <h2>Forge</h2>
      <label class="setting">
        Pushes come by webhook from
        <select value={kind} onChange={(event) => choose(event.currentTarget.value as Kind | '')}>
          <option value="">nowhere: only by git push</option>
          {FORGES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {kind !== '' && (
        <>
          <Field
            label="Address of its API"
            value={fields.apiUrl}
            change={set('apiUrl')}
            placeholder="https://forge.example/api/v1"
          />
          <Field
            label="Address to fetch from"
            value={fields.cloneUrl}
            change={set('cloneUrl')}
            placeholder="https://forge.example/team/shop.git"
          />
          <Field
            label="Token, for statuses and fetching"
            value={fields.token}
            change={set('token')}
            secret
            placeholder={kept(forge?.hasToken)}
          />
          <Field
            label="Secret of the webhook"
            value={fields.webhookSecret}
            change={set('webhookSecret')}
            secret
            placeholder={kept(forge?.hasWebhookSecret)}
          />
          <p>The webhook's address, to be told there, for pushes and pull requests, as JSON:</p>
          <Commands lines={[webhookUrl]} />
        </>
      )}
      <Button kind="main" act={save}>
        Save
      </Button>
    </section>
  );
}

function kept(isSet: boolean | undefined): string {
  return isSet === true ? 'set; empty keeps it' : 'not set';
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly placeholder: string;
  readonly secret?: boolean;
}

function Field({ label, value, change, placeholder, secret = false }: FieldProps) {
  return (
    <label class="setting">
      {label}
      <input
        type={secret ? 'password' : 'url'}
        autoComplete={secret ? 'new-password' : 'off'}
        spellcheck={false}
        placeholder={placeholder}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}
