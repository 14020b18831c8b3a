import { type Static, Type } from 'typebox';

import { FORGE_SETTINGS, REPOSITORY_PATCH, type RepositoryPatch } from '../../git/repository-settings.ts';
import { RepositoryName, strict, TimeMs, listOf } from './words.ts';

export const RepositoryPlace = Type.Object({ name: RepositoryName }, strict);

export const NewRepository = Type.Object({ name: RepositoryName }, strict);

/** The two secrets of a forge are never told: only whether there are any. */
const Forge = Type.Object({
  kind: FORGE_SETTINGS.properties.kind,
  cloneUrl: Type.String(),
  apiUrl: Type.Union([Type.String(), Type.Null()]),
  hasToken: Type.Boolean(),
  hasWebhookSecret: Type.Boolean(),
});

export const Repository = Type.Object({
  name: Type.String(),
  cancelSuperseded: Type.Boolean({ description: "Whether a push ends what is unfinished of the branch's older ones." }),
  priority: Type.Integer(),
  forkSecrets: Type.Boolean({ description: 'Whether jobs of forks get the secrets, and count as trusted then.' }),
  forge: Type.Union([Forge, Type.Null()]),
  /** Where to push to, without a token. */
  pushUrl: Type.String(),
  /** Where its forge sends webhooks to. */
  webhookUrl: Type.String(),
});
export type RepositoryBody = Static<typeof Repository>;

/** Whoever may only look sees their names and where to push. */
export const RepositoryList = listOf(Type.Object({ name: Type.String(), pushUrl: Type.String() }));
export type RepositoryList = Static<typeof RepositoryList>;

/** What is absent stays as it is, of the forge too. */
export const RepositoryChange = REPOSITORY_PATCH;
export type RepositoryChange = RepositoryPatch;

export const SecretPlace = Type.Object(
  { name: RepositoryName, secret: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$' }) },
  strict,
);

export const SecretValue = Type.Object({ value: Type.String({ minLength: 1, maxLength: 65_536 }) }, strict);

export const SecretList = listOf(Type.Object({ name: Type.String(), setAtMs: TimeMs }));
export type SecretList = Static<typeof SecretList>;
