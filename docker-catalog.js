/**
 * Writes the entry of Docker's MCP catalog: `node docker-catalog.js [file]`, by default to stdout. What users can set comes
 * from server.json, repository and commit from the variables that GitHub sets in a workflow. To be handed in as
 * `servers/sinch-numbers/server.yaml` of github.com/docker/mcp-registry.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

const NAME = 'sinch-numbers';
const STATE = '/state';
const DOCKERFILE = 'docs/deploy/Dockerfile';

/** What is the container's own matter, or cannot be reached in it. */
const NOT_ASKED = [
  'SINCH_KEY_SECRET_FILE',
  'SINCH_KEY_SECRET_COMMAND',
  'SINCH_NUMBERS_OPEN_BROWSER',
  'SINCH_NUMBERS_STATE_DIR',
  'SINCH_NUMBERS_ATTACHMENTS_DIR',
  'SINCH_NUMBERS_DATABASE_URL_FILE',
  'SINCH_NUMBERS_CALLBACK_PORT',
  'SINCH_NUMBERS_CALLBACK_SECRET',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
];

const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY, GITHUB_SHA } = process.env;
if (!GITHUB_REPOSITORY || !GITHUB_SHA) {
  throw new Error('set GITHUB_REPOSITORY (owner/name) and GITHUB_SHA (the commit to build)');
}
const project = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;

const server = JSON.parse(await readFile(join(import.meta.dirname, 'server.json'), 'utf8'));
const asked = server.packages[0].environmentVariables.filter(({ name }) => !NOT_ASKED.includes(name));
const keyOf = ({ name }) => name.replace(/^SINCH_(NUMBERS_)?/, '').toLowerCase();
const exampleOf = (variable) =>
  variable.default ?? variable.placeholder ?? variable.name.replace('SINCH_', 'YOUR_');
const plain = asked.filter(({ isSecret }) => !isSecret);

const entry = {
  name: NAME,
  image: `mcp/${NAME}`,
  type: 'server',
  meta: { category: 'communication', tags: ['communication', 'phone-numbers', 'sms', 'voice'] },
  about: {
    title: server.title,
    description: server.description,
    icon: `${project}/raw/${GITHUB_SHA}/icon.png`,
  },
  source: { project, commit: GITHUB_SHA, dockerfile: DOCKERFILE },
  // The journal, from which limits are counted, outlives the container.
  run: { volumes: [`${NAME}-state:${STATE}`], env: { SINCH_NUMBERS_STATE_DIR: STATE } },
  config: {
    description:
      'A Sinch project and an access key of it, from the Sinch dashboard, and the limits of what may be rented',
    secrets: asked
      .filter(({ isSecret }) => isSecret)
      .map((variable) => ({
        name: `${NAME}.${keyOf(variable)}`,
        env: variable.name,
        example: exampleOf(variable),
        description: variable.description,
        required: variable.isRequired ?? false,
      })),
    env: plain.map((variable) => ({
      name: variable.name,
      example: exampleOf(variable),
      value: `{{${NAME}.${keyOf(variable)}}}`,
    })),
    parameters: {
      type: 'object',
      properties: Object.fromEntries(
        plain.map((variable) => [
          keyOf(variable),
          {
            type: 'string',
            description: variable.description,
            ...(variable.default !== undefined && { default: variable.default }),
          },
        ]),
      ),
      required: plain.filter(({ isRequired }) => isRequired).map(keyOf),
    },
  },
};

// Go's parser reads YAML 1.1, where a bare `on` is no text.
const text = stringify(entry, { lineWidth: 0, version: '1.1' });
const [file] = process.argv.slice(2);
if (file === undefined) process.stdout.write(text);
else await writeFile(file, text);
