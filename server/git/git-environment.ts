import { type GitSettings, settingVariables } from './git-settings.ts';

/** All that git is given of the server's environment: nothing that names another repository, program or setting. */
const KEPT = /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy)$/;

/** The environment of every git that the server starts: no settings of the user or the system, nobody to ask. */
export function gitEnvironment(
  settings: GitSettings,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const kept = Object.entries(process.env).filter(([name, value]) => KEPT.test(name) && value !== undefined);
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_ALLOW_PROTOCOL: 'http:https',
    ...settingVariables(settings),
    ...more,
  };
}
