import type { IncomingHttpHeaders } from 'node:http';

/** What of git's smart HTTP protocol a request is (gitprotocol-http(5)); only what has a service, nothing of the dumb one. */
export type GitService = 'upload-pack' | 'receive-pack';

export interface GitRoute {
  readonly service: GitService;
  /** `advertise`: which refs there are, before the service itself is called. */
  readonly step: 'advertise' | 'call';
}

export interface GitRefusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `…NAME.git/info/refs?service=git-upload-pack`, or `…NAME.git/git-upload-pack`. What comes before is not looked at. */
const ADVERTISE = /\.git\/info\/refs\?service=git-(upload-pack|receive-pack)$/;
const CALL = /\.git\/git-(upload-pack|receive-pack)$/;
const DUMB = /\.git\/(info\/refs|HEAD|objects\/.*)(\?.*)?$/;

export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export function readGitRoute({ method, url = '', headers }: RequestHead): GitRoute | GitRefusal {
  const advertised = ADVERTISE.exec(url)?.[1];
  if (advertised !== undefined) {
    if (method !== 'GET') return { status: 405, message: 'Only GET is served here' };
    return { service: serviceOf(advertised), step: 'advertise' };
  }
  const called = CALL.exec(url)?.[1];
  if (called === undefined) return DUMB.test(url) ? NOT_SMART : { status: 404, message: 'Not found' };
  if (method !== 'POST') return { status: 405, message: 'Only POST is served here' };
  if (headers['content-type'] !== `application/x-git-${called}-request`)
    return { status: 415, message: `Not what a git client sends to git-${called}` };
  if (!ENCODINGS.has(headers['content-encoding'])) return { status: 415, message: 'Only gzip is understood' };
  return { service: serviceOf(called), step: 'call' };
}

const ENCODINGS: ReadonlySet<unknown> = new Set([undefined, 'identity', 'gzip', 'x-gzip']);
const NOT_SMART: GitRefusal = {
  status: 403,
  message: 'Only the smart HTTP protocol is served: use git 1.6.6 or newer',
};

function serviceOf(name: string): GitService {
  return name === 'upload-pack' ? 'upload-pack' : 'receive-pack';
}
