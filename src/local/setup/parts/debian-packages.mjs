import { existsSync } from 'node:fs';
import { aptInstall } from '../apt.mjs';

/**
 * PostgreSQL's programs, for the test of workers on a real server; the test makes its own cluster.
 * @type {import('../context.mjs').Part}
 */
export const postgresql = {
  name: 'postgresql',
  check: (context) => existsSync(`${context.paths.postgresql}/postgres`),
  async make(context) {
    await aptInstall(context, ['postgresql'], 'a test needs PostgreSQL');
    return 'postgresql installed';
  },
};

/**
 * A browser, for the tests of the web page.
 * @type {import('../context.mjs').Part}
 */
export const chromium = {
  name: 'chromium',
  check: (context) =>
    ['chromium', 'chromium-browser', 'google-chrome'].some((name) => context.which(name) !== undefined),
  async make(context) {
    await aptInstall(context, ['chromium'], 'a test needs a browser');
    return 'chromium installed';
  },
};
