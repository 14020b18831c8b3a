import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';

import type { RecordedEvent } from '../../../server/api/schemas/index.ts';
import type { Job, JobRun } from '../../../server/jobs/job.ts';
import type { Project, Started } from '../project.ts';

/** What a server with `--json` says first. */
interface Serving {
  readonly event: string;
  readonly url: string;
  readonly token: string | null;
}

/** `layer serve` on a free port, with the home of a project; and what its API says. */
export class Served implements AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly process: Started;

  private constructor(process: Started, url: string, token: string) {
    this.process = process;
    this.url = url;
    this.token = token;
  }

  /** `known`: the token of a server that was there before. */
  static async start(project: Project, known?: { readonly token: string }): Promise<Served> {
    const said = Promise.withResolvers<Serving>();
    const process = project.start(['serve', '--listen', ':0', '--json'], (event) =>
      said.resolve(event as unknown as Serving),
    );
    const failed = process.ended.then(({ stderr }) => {
      throw new Error(`layer serve ended: ${stderr}`);
    });
    const { url, token } = await Promise.race([said.promise, failed]);
    return new Served(process, url, token ?? known?.token ?? '');
  }

  /** For git. */
  remote(name: string): string {
    const { host } = new URL(this.url);
    return `http://layer:${this.token}@${host}/git/${name}.git`;
  }

  async text(path: string): Promise<string> {
    return await textOf(await this.#get(path));
  }

  async json<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  /** Throws where it is refused. */
  async post<T>(path: string, body: object = {}): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const sent = request(`${this.url}${path}`, { method: 'POST', headers });
    sent.end(JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = await textOf(response);
    if (response.statusCode !== 200 && response.statusCode !== 201)
      throw new Error(`POST ${path}: ${response.statusCode} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Resolves to the new job's number. */
  async create(repository: string, revision: string, paths: readonly string[]): Promise<number> {
    return (await this.post<Job>('/api/jobs', { repository, revision, paths })).id;
  }

  async job(id: number): Promise<{ readonly job: Job; readonly runs: readonly JobRun[] }> {
    return await this.json(`/api/jobs/${id}`);
  }

  /** All events of a run of a job, live, until it has ended. */
  async follow(id: number, run = 1): Promise<readonly RecordedEvent[]> {
    const response = await this.#get(`/api/jobs/${id}/events?run=${run}`);
    const events: RecordedEvent[] = [];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const parts = (text + String(chunk)).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (data !== undefined) events.push(JSON.parse(data) as RecordedEvent);
      }
    }
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGTERM');
    await this.process.ended;
  }

  async #get(path: string): Promise<IncomingMessage> {
    const asked = get(`${this.url}${path}`, { headers: { authorization: `Bearer ${this.token}` }, agent: false });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** `services/web/Layerfile:3` of the steps that ended so, sorted. */
export function stepsOf(events: readonly RecordedEvent[], ...outcomes: readonly string[]): readonly string[] {
  return events
    .flatMap((event) => (event.event === 'step' ? [event] : []))
    .filter(({ outcome }) => outcomes.includes(outcome))
    .map(({ layerfile, step, copy }) => `${layerfile}:${step}${copy === undefined ? '' : ` copy ${copy}`}`)
    .sort();
}

/** How long after the push the last step of those Layerfiles was told to be restored, ms. */
export function restoredAfterMs(job: Job, events: readonly RecordedEvent[], layerfiles: readonly string[]): number {
  const times = events.flatMap((event) =>
    event.event === 'step' && event.outcome === 'restored' && layerfiles.includes(event.layerfile) ? [event.atMs] : [],
  );
  return Math.max(...times) - job.pushedAtMs;
}
