import type { Session } from '../../api/schemas/index.ts';
import { getJson, send } from './request.ts';
import { expireSession, hasExpired, session } from './session.ts';

/** Asks whether the browser's cookie is still good. Throws where the server cannot be reached. */
export async function resumeSession(): Promise<void> {
  try {
    session.value = await getJson<Session>('/api/session');
  } catch (error) {
    if (session.value !== null) throw error;
  }
}

export async function logIn(token: string): Promise<void> {
  const opened = await send<Session>('POST', '/api/session', { token });
  hasExpired.value = false;
  session.value = opened;
}

export async function logOut(): Promise<void> {
  await send('DELETE', '/api/session').catch(() => null);
  expireSession();
  hasExpired.value = false;
}
