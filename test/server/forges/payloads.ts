/** Payloads as the forges' documentation gives them, shortened where nothing is looked at. */
export interface Pushed {
  readonly ref?: string;
  readonly before?: string;
  readonly after: string;
}

const NONE = '0'.repeat(40);

/** GitHub, "Webhook events and payloads", push. */
export function githubPush({ ref = 'refs/heads/main', before = NONE, after }: Pushed): object {
  return {
    ref,
    before,
    after,
    repository: {
      id: 186853002,
      node_id: 'MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=',
      name: 'web',
      full_name: 'acme/web',
      private: true,
      owner: { name: 'acme', email: 'dev@acme.example', login: 'acme', id: 21031067, type: 'Organization' },
      html_url: 'https://github.com/acme/web',
      clone_url: 'https://evil.example/acme/web.git',
      default_branch: 'main',
    },
    pusher: { name: 'ada', email: 'ada@acme.example' },
    sender: { login: 'ada', id: 21031067, type: 'User', site_admin: false },
    created: before === NONE,
    deleted: after === NONE,
    forced: false,
    base_ref: null,
    compare: 'https://github.com/acme/web/compare/main',
    commits: [],
    head_commit:
      after === NONE ? null : { id: after, message: 'change', author: { name: 'Ada', email: 'ada@acme.example' } },
  };
}

export interface Pull {
  readonly action: string;
  readonly number: number;
  readonly commit: string;
  readonly branch?: string;
  /** Whose; null: the head's repository is the base's; `gone`: it was deleted. */
  readonly fork?: string | null;
}

/** GitHub, pull_request; Gitea's has these fields, too. */
export function githubPull({ action, number, commit, branch = 'topic', fork = null }: Pull): object {
  const base = { id: 186853002, name: 'web', full_name: 'acme/web', private: true, fork: false };
  const head =
    fork === null ? base : fork === 'gone' ? null : { ...base, id: 77, full_name: `${fork}/web`, fork: true };
  return {
    action,
    number,
    pull_request: {
      id: 279147437,
      number,
      state: action === 'closed' ? 'closed' : 'open',
      title: 'Update the README with new information.',
      user: { login: 'bob', id: 5 },
      head: { label: `x:${branch}`, ref: branch, sha: commit, user: { login: 'bob' }, repo: head },
      base: { label: 'acme:main', ref: 'main', sha: NONE, user: { login: 'acme' }, repo: base },
      merged: false,
    },
    repository: base,
    sender: { login: 'bob', id: 5, type: 'User' },
  };
}

/** Gitea and Forgejo, "Webhooks". */
export function giteaPush(pushed: Pushed): object {
  const person = { id: 1, login: 'ada', full_name: 'Ada', email: 'ada@acme.example', username: 'ada' };
  return {
    ...githubPush(pushed),
    compare_url: 'http://localhost:3000/acme/web/compare/a...b',
    total_commits: 1,
    pusher: person,
    sender: person,
  };
}

/** GitLab, "Webhook events", push events. */
export function gitlabPush({ ref = 'refs/heads/main', before = NONE, after }: Pushed): object {
  return {
    object_kind: 'push',
    event_name: 'push',
    before,
    after,
    ref,
    ref_protected: true,
    checkout_sha: after === NONE ? null : after,
    user_id: 4,
    user_name: 'Ada',
    user_username: 'ada',
    user_email: '',
    project_id: 15,
    project: {
      id: 15,
      name: 'web',
      git_http_url: 'https://evil.example/acme/web.git',
      namespace: 'acme',
      visibility_level: 0,
      path_with_namespace: 'acme/web',
      default_branch: 'main',
    },
    commits: [],
    total_commits_count: 1,
  };
}

/** GitLab, "Webhook events", merge request events. */
export function gitlabPull({ action, number, commit, branch = 'topic', fork = null }: Pull): object {
  return {
    object_kind: 'merge_request',
    event_type: 'merge_request',
    user: { id: 1, name: 'Bob', username: 'bob', email: '[REDACTED]' },
    project: { id: 15, name: 'web', path_with_namespace: 'acme/web' },
    object_attributes: {
      id: 99,
      iid: number,
      target_branch: 'main',
      source_branch: branch,
      source_project_id: fork === null ? 15 : fork === 'gone' ? null : 77,
      target_project_id: 15,
      title: 'MS-Viewport',
      state: 'opened',
      action,
      last_commit: { id: commit, message: 'change', author: { name: 'Bob', email: 'bob@example.com' } },
    },
  };
}
