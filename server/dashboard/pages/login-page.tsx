import { useEffect, useRef, useState } from 'preact/hooks';

import { logIn } from '../client/log-in.ts';
import { asFailure, type RequestFailure } from '../client/request.ts';
import { hasExpired } from '../client/session.ts';

export function LoginPage() {
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Log in · Layer';
    field.current?.focus();
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      await logIn(token.trim());
    } catch (error) {
      setFailure(asFailure(error));
      field.current?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form class="login-form" onSubmit={(event) => void submit(event)}>
        <h1>Layer</h1>
        {hasExpired.value && failure === null && (
          <p class="quiet">Your session has ended. Log in again to go on where you were.</p>
        )}
        <label for="token">Token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autoComplete="current-password"
          spellcheck={false}
          required
          value={token}
          aria-invalid={failure !== null}
          aria-describedby="login-failure login-help"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <p id="login-failure" class="form-failure" role="alert">
          {failure === null ? '' : failureText(failure)}
        </p>
        <button type="submit" class="button button-main" disabled={isBusy || token.trim() === ''}>
          {isBusy ? 'Logging in…' : 'Log in'}
        </button>
        <p id="login-help" class="quiet">
          <code>layer serve</code> prints the first token when it starts for the first time. An administrator makes
          others on the page “Tokens”, or with <code>layer serve token create</code>.
        </p>
      </form>
    </main>
  );
}

function failureText({ status, message, hint }: RequestFailure): string {
  if (status === 401) return 'The server does not know this token.';
  return hint === null ? message : `${message} ${hint}`;
}
