import { useState } from 'preact/hooks';

import type { RepositoryBody } from '../../../api/schemas/index.ts';
import { notify } from '../../client/notices.ts';
import { send } from '../../client/request.ts';
import { Button } from '../../parts/button.tsx';

interface SettingsProps {
  readonly repository: RepositoryBody;
  readonly saved: () => void;
}

export function RepositorySettings({ repository, saved }: SettingsProps) {
  const [cancelSuperseded, setCancelSuperseded] = useState(repository.cancelSuperseded);
  const [forkSecrets, setForkSecrets] = useState(repository.forkSecrets);
  const [priority, setPriority] = useState(repository.priority);
  const save = async (): Promise<void> => {
    const change = { cancelSuperseded, forkSecrets, priority };
    await send('PATCH', `/api/repositories/${encodeURIComponent(repository.name)}`, change);
    notify('done', 'Saved.');
    saved();
  };
  return (
    <section class="settings-section">
      <h2>Jobs</h2>
      <Choice
        label="A newer push on a branch cancels the older ones' unfinished work"
        value={cancelSuperseded}
        change={setCancelSuperseded}
      />
      <Choice
        label="Jobs of forks get the secrets"
        note="Whoever opens a pull request can then read them: leave this off unless everybody who can is trusted."
        value={forkSecrets}
        change={setForkSecrets}
      />
      <label class="setting">
        Priority, −100 to 100: the greater, the sooner its machines start
        <input
          type="number"
          min={-100}
          max={100}
          value={priority}
          onInput={(event) => setPriority(event.currentTarget.valueAsNumber || 0)}
        />
      </label>
      <Button kind="main" act={save}>
        Save
      </Button>
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly note?: string;
  readonly value: boolean;
  readonly change: (value: boolean) => void;
}

function Choice({ label, note, value, change }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="checkbox" checked={value} onChange={(event) => change(event.currentTarget.checked)} />
      <span>
        {label}
        {note !== undefined && <small class="quiet">{note}</small>}
      </span>
    </label>
  );
}
