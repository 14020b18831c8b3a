import type { IncomingHttpHeaders } from 'node:http';

import type { ForgeSettings } from '../git/index.ts';
import type { PayloadReading } from './forge-event.ts';
import { readGithubPayload } from './payloads/github.ts';
import { readGitlabPayload } from './payloads/gitlab.ts';

export type ForgeKind = ForgeSettings['kind'];

/** In what the webhooks of a forge differ. Names of headers are in lower case; of several the first that is there counts. */
export interface WebhookKind {
  readonly eventHeaders: readonly string[];
  readonly deliveryHeaders: readonly string[];
  readonly signatureHeaders: readonly string[];
  /** `hmac`: hex HMAC-SHA256 of the body. `token`: the secret itself. */
  readonly proof: 'hmac' | 'token';
  readonly read: (event: string, payload: unknown) => PayloadReading;
}

export const WEBHOOK_KINDS: Readonly<Record<ForgeKind, WebhookKind>> = {
  github: {
    eventHeaders: ['x-github-event'],
    deliveryHeaders: ['x-github-delivery'],
    signatureHeaders: ['x-hub-signature-256'],
    proof: 'hmac',
    read: readGithubPayload,
  },
  gitlab: {
    eventHeaders: ['x-gitlab-event'],
    // The first one stays the same when GitLab tries again.
    deliveryHeaders: ['idempotency-key', 'x-gitlab-event-uuid'],
    signatureHeaders: ['x-gitlab-token'],
    proof: 'token',
    read: readGitlabPayload,
  },
  gitea: {
    eventHeaders: ['x-forgejo-event', 'x-gitea-event'],
    deliveryHeaders: ['x-forgejo-delivery', 'x-gitea-delivery'],
    signatureHeaders: ['x-forgejo-signature', 'x-gitea-signature'],
    proof: 'hmac',
    read: readGithubPayload,
  },
};

/** The first of `names` that a request has; '' where it has none. */
export function headerOf(headers: IncomingHttpHeaders, names: readonly string[]): string {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}
