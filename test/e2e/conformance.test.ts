/**
 * The official conformance suite of MCP: every scenario for servers passes, or it is listed here with why not. Version
 * 0.1.13 is the last that runs on Node 20.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { shared } from '../support/lifetime.ts';
import { temporaryFolder } from '../support/stage.ts';
import { runHttp } from './inside.ts';

const SUITE = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

/** They ask nothing of a server but what it declares. */
const APPLICABLE = [
  'server-initialize',
  'ping',
  'tools-list',
  'resources-list',
  'prompts-list',
  'server-sse-multiple-streams',
  'dns-rebinding-protection',
];

const LOGGING = 'sets a log level first, and this server does not declare logging: it logs to stderr';
const TOOL = "calls a tool of the suite's own reference server";
const RESOURCE = "reads a resource of the suite's own reference server";
const PROMPT = "gets a prompt of the suite's own reference server";

/** What cannot pass here, and why. */
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'completion-complete': "completes an argument of a prompt of the suite's own reference server",
  'elicitation-sep1034-defaults': TOOL,
  'elicitation-sep1330-enums': TOOL,
  'json-schema-2020-12': "looks for a tool of the suite's own reference server",
  'logging-set-level': LOGGING,
  'prompts-get-embedded-resource': PROMPT,
  'prompts-get-simple': PROMPT,
  'prompts-get-with-args': PROMPT,
  'prompts-get-with-image': PROMPT,
  'resources-read-binary': RESOURCE,
  'resources-read-text': RESOURCE,
  'resources-subscribe': "subscribes to a resource of the suite's own reference server",
  'resources-templates-read': RESOURCE,
  'resources-unsubscribe': "subscribes to a resource of the suite's own reference server",
  'server-sse-polling': TOOL,
  'tools-call-audio': TOOL,
  'tools-call-elicitation': TOOL,
  'tools-call-embedded-resource': TOOL,
  'tools-call-error': TOOL,
  'tools-call-image': TOOL,
  'tools-call-mixed-content': TOOL,
  'tools-call-sampling': TOOL,
  'tools-call-simple-text': TOOL,
  'tools-call-with-logging': LOGGING,
  'tools-call-with-progress': TOOL,
};

/** Every scenario of the suite, and whether it passes. It is run in a folder of its own, for what it writes. */
const suite = shared(async () => {
  const { url } = await runHttp(['--simulator']);
  const options = { cwd: await temporaryFolder() };
  const args = [SUITE, 'server', '--suite', 'all', '--url', url];
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch(
    // It ends with 1 where a scenario fails; which one it was is what counts.
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? String(error) }),
  );
  const outcomes = [...stdout.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed/gm)].map(
    ([, name = '', passed, failed]) => ({ name, passes: Number(passed) > 0 && Number(failed) === 0 }),
  );
  return { outcomes, report: stdout };
});

test('every scenario for servers is run here, or it is known why not', () => {
  const { outcomes, report } = suite();
  const names = outcomes.map(({ name }) => name);
  expect(names.sort(), report).toEqual([...APPLICABLE, ...Object.keys(NOT_APPLICABLE)].sort());
});

test('those that apply to any server pass, and no other does', () => {
  const { outcomes, report } = suite();
  const passed = outcomes.flatMap(({ name, passes }) => (passes ? name : []));
  expect(passed.sort(), report).toEqual([...APPLICABLE].sort());
});
