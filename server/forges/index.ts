/**
 * GitHub, GitLab, and Gitea or Forgejo: their webhooks become jobs, and they are told how these stand.
 *
 * Invariants:
 * - nothing of a webhook is read before its signature is right, and each counts once;
 * - commits come from the configured address alone, whatever a webhook says, and tokens go nowhere else;
 * - what was accepted, and what is to be told, survives the end of the server.
 */
export { FORGE_TABLES } from './forge-tables.ts';
export { StatusReporter } from './statuses/status-reporter.ts';
export { type WebhookAnswer, Webhooks } from './webhooks.ts';
