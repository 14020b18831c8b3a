import type { IncomingMessage } from 'node:http';

import { printableLine } from '../../../util/printable-text.ts';
import type { GitRoute } from './git-route.ts';

/** Versions and capabilities that a client speaks (gitprotocol-v2(5)). */
const GIT_PROTOCOL = /^[a-z0-9=:._-]{1,200}$/;
const USER_AGENT_LENGTH = 200;

/**
 * What http-backend is told of a request, as CGI has it (RFC 3875, 4.1; git-http-backend(1)). Not the body's length: it reads to
 * the end of its input then, while with it (git 2.39) it spins for ever where a client goes away before that.
 */
export function requestVariables(
  request: IncomingMessage,
  { service, step }: GitRoute,
  folder: string,
): Readonly<Record<string, string>> {
  const { headers } = request;
  const given = {
    CONTENT_TYPE: headers['content-type'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'] === 'identity' ? undefined : headers['content-encoding'],
    GIT_PROTOCOL: GIT_PROTOCOL.exec(String(headers['git-protocol'] ?? ''))?.[0],
    HTTP_USER_AGENT: printableLine(headers['user-agent'] ?? '').slice(0, USER_AGENT_LENGTH),
    REMOTE_ADDR: request.socket.remoteAddress,
  };
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<string, string>),
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_METHOD: step === 'advertise' ? 'GET' : 'POST',
    QUERY_STRING: step === 'advertise' ? `service=git-${service}` : '',
    // Whatever the address was: the repository has been looked up.
    GIT_PROJECT_ROOT: folder,
    PATH_INFO: step === 'advertise' ? '/info/refs' : `/git-${service}`,
    GIT_HTTP_EXPORT_ALL: '1',
  };
}
