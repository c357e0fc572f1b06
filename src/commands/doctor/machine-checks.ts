/** What this machine has to offer. */
import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { browserProblem } from '../../approval/channels/browser.ts';
import { isOpenToOthers } from '../../lib/permissions.ts';
import { type Check, reasonOf, type Settings } from './check.ts';

export function checkNode(oldest: string): Check {
  const name = 'Node.js';
  const { node } = process.versions;
  return isAtLeast(node, oldest)
    ? { name, status: 'ok', message: node }
    : { name, status: 'fail', message: `${node} is too old.`, mend: `Install ${oldest} or later.` };
}

function isAtLeast(version: string, oldest: string): boolean {
  return version.localeCompare(oldest, 'en', { numeric: true }) >= 0;
}

/** The proxies on the way to the API, without their credentials. */
export function checkProxy({ proxy }: Settings['network']): Check {
  const name = 'proxy';
  const { httpsProxy, httpProxy, noProxy } = proxy;
  if (!httpsProxy && !httpProxy) return { name, status: 'skip', message: 'none (HTTPS_PROXY)' };
  const used = [
    httpsProxy && `HTTPS_PROXY ${new URL(httpsProxy).origin}`,
    httpProxy && `HTTP_PROXY ${new URL(httpProxy).origin}`,
    noProxy && `not for NO_PROXY ${noProxy}`,
  ];
  return { name, status: 'ok', message: used.filter(Boolean).join(', ') };
}

/** Node.js starts without a file that it cannot use, and says so once, on stderr. */
export async function checkCertificates({ extraCaCerts: file }: Settings['network']): Promise<Check> {
  const name = 'certificates';
  if (file === undefined) return { name, status: 'skip', message: 'those of Node.js (NODE_EXTRA_CA_CERTS)' };
  const mend = 'Set NODE_EXTRA_CA_CERTS to a PEM file, and restart.';
  try {
    const text = await readFile(file, 'utf8');
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate');
  } catch (error) {
    return { name, status: 'fail', message: `${file} cannot be used: ${reasonOf(error)}.`, mend };
  }
  return { name, status: 'ok', message: `those of Node.js, and ${file} (NODE_EXTRA_CA_CERTS)` };
}

export async function checkState(folder: string): Promise<Check> {
  const name = 'state folder';
  const existing = await nearestExisting(folder);
  try {
    if (!(await stat(existing)).isDirectory()) throw new Error('it is no folder');
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    const mend =
      'Make it writable, or set SINCH_NUMBERS_STATE_DIR. Nothing can be rented or released without it.';
    return { name, status: 'fail', message: `${existing} cannot be written: ${reasonOf(error)}.`, mend };
  }
  if (existing !== folder) return { name, status: 'ok', message: `${folder}, made when it is needed` };
  const { mode } = await stat(folder);
  if (isOpenToOthers(mode)) {
    return { name, status: 'warn', message: `others can read ${folder}.`, mend: `Run chmod 700 "${folder}"` };
  }
  return { name, status: 'ok', message: folder };
}

async function nearestExisting(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}

export async function checkConfirmation({ confirm, openBrowser }: Settings): Promise<Check> {
  const name = 'confirmation';
  if (confirm === 'token') {
    const message = 'SINCH_NUMBERS_CONFIRM=token: the agent is told to ask you, and nothing makes it.';
    return {
      name,
      status: 'warn',
      message,
      mend: 'Use auto or human, if your client can show a form or this machine a page.',
    };
  }
  const problem = await browserProblem(openBrowser);
  if (problem === undefined) {
    const message =
      'a form, where the client has forms; else a page in your browser. For a client that declines forms unseen: SINCH_NUMBERS_CONFIRM=token';
    return { name, status: 'ok', message };
  }
  const without = confirm === 'human' ? 'renting and releasing are refused' : 'the agent is told to ask you';
  const message = `a form, where the client has forms; else ${without}, for no page can be shown: ${problem}.`;
  const mend = openBrowser
    ? 'Mend SINCH_NUMBERS_OPEN_BROWSER.'
    : 'On Linux, hand DISPLAY, WAYLAND_DISPLAY and XDG_RUNTIME_DIR on in the env of this server. SINCH_NUMBERS_OPEN_BROWSER can name a command that shows it.';
  return { name, status: 'warn', message, mend };
}
