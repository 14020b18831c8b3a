import { type Static, Type } from 'typebox';

import { RepositoryName, strict, TimeMs } from './words.ts';

export const RepositoryPlace = Type.Object({ name: RepositoryName }, strict);

export const NewRepository = Type.Object({ name: RepositoryName }, strict);

const ForgeKind = Type.Union([
  Type.Literal('github'),
  Type.Literal('gitlab'),
  Type.Literal('gitea'),
  Type.Literal('forgejo'),
]);

const WebAddress = Type.String({ pattern: '^https?://[^\\s@\\u0000-\\u001f]+$', maxLength: 1000 });
const Credential = Type.String({ minLength: 1, maxLength: 1000, pattern: '^[\\x21-\\x7e]+$' });

/** The two secrets of a forge are never told: only whether there are any. */
export const Forge = Type.Object({
  kind: ForgeKind,
  apiUrl: Type.String(),
  cloneUrl: Type.String(),
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
export const RepositoryList = Type.Array(Type.Object({ name: Type.String(), pushUrl: Type.String() }));
export type RepositoryList = Static<typeof RepositoryList>;

/** What is absent stays as it is; so do a forge's secrets. */
export const RepositoryChange = Type.Object(
  {
    cancelSuperseded: Type.Optional(Type.Boolean()),
    priority: Type.Optional(Type.Integer({ minimum: -100, maximum: 100 })),
    forkSecrets: Type.Optional(Type.Boolean()),
    forge: Type.Optional(
      Type.Union([
        Type.Object(
          {
            kind: ForgeKind,
            apiUrl: WebAddress,
            cloneUrl: WebAddress,
            token: Type.Optional(Credential),
            webhookSecret: Type.Optional(Credential),
          },
          strict,
        ),
        Type.Null(),
      ]),
    ),
  },
  strict,
);
export type RepositoryChange = Static<typeof RepositoryChange>;

export const SecretPlace = Type.Object(
  { name: RepositoryName, secret: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$' }) },
  strict,
);

export const SecretValue = Type.Object({ value: Type.String({ minLength: 1, maxLength: 65_536 }) }, strict);

export const SecretList = Type.Array(Type.Object({ name: Type.String(), setAtMs: TimeMs }));
export type SecretList = Static<typeof SecretList>;
