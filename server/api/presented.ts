import type { IncomingHttpHeaders } from 'node:http';

import type { Access, KnownCaller } from '../access/index.ts';

export const SESSION_COOKIE = 'layer_session';

/** Browsers cannot give a WebSocket other headers than this. */
const TOKEN_PROTOCOL = 'layer-token.';

export interface Presented {
  /** Null: nothing was presented, or nothing valid. */
  readonly caller: KnownCaller | null;
  /** Whether a token was presented, valid or not. An old session's cookie is nobody's try: its page sends it by itself. */
  readonly isTried: boolean;
}

interface PresentedParts {
  readonly headers: IncomingHttpHeaders;
  readonly cookie: string | undefined;
  readonly isWebSocket: boolean;
  /** HTTP Basic, of which the password counts, is for git's clients. */
  readonly isGit: boolean;
}

/** Who a request says that it is from. A token counts more than a session. */
export function presentedBy(access: Access, { headers, cookie, isWebSocket, isGit }: PresentedParts): Presented {
  const token = tokenIn(headers, isWebSocket, isGit);
  if (token !== null) return { caller: access.callerByToken(token), isTried: true };
  if (cookie === undefined || isGit) return { caller: null, isTried: false };
  return { caller: access.callerBySession(cookie), isTried: false };
}

/** The subprotocol to answer a WebSocket with: that which brought no token. */
export function answeredProtocol(offered: Iterable<string>): string | false {
  return [...offered].find((protocol) => !protocol.startsWith(TOKEN_PROTOCOL)) ?? false;
}

function tokenIn(headers: IncomingHttpHeaders, isWebSocket: boolean, isGit: boolean): string | null {
  const [, scheme, value] = /^(Bearer|Basic) +([^\s]{1,1000})$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme?.toLowerCase() === 'bearer') return value ?? '';
  if (scheme !== undefined && isGit) return passwordIn(value ?? '');
  if (!isWebSocket) return null;
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  return protocols.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length) ?? null;
}

function passwordIn(base64: string): string {
  const pair = Buffer.from(base64, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}
