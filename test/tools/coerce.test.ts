/** What clients lose or add to arguments on the way is put right, by every tool alike. */
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/tools/arguments.ts';
import { tools } from '../../src/tools/index.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { OFFERED } from '../api/support.ts';
import { toolNamed } from '../support/stage.ts';

/** An argument as clients send it, and as it is meant. */
const SENT: Readonly<Record<string, readonly (readonly [sent: unknown, meant: unknown])[]>> = {
  size: [['5', 5]],
  pageSize: [['5', 5]],
  limit: [['5', 5]],
  timeoutSeconds: [['5', 5]],
  stuckAfterHours: [['1.5', 1.5]],
  pageToken: [[202, '202']],
  cursor: [[202, '202']],
  displayName: [
    [202, '202'],
    ['{"a": 1}', '{"a": 1}'],
  ],
  capability: [
    ['SMS', ['SMS']],
    ['["SMS", "VOICE"]', ['SMS', 'VOICE']],
  ],
  capabilities: [
    ['SMS', ['SMS']],
    ['["SMS", "VOICE"]', ['SMS', 'VOICE']],
  ],
  types: [['LOCAL', ['LOCAL']]],
  phoneNumbers: [
    [OFFERED, [OFFERED]],
    [`["${OFFERED}"]`, [OFFERED]],
  ],
  numberPattern: [
    ['{"pattern": 202}', { pattern: '202' }],
    [{ pattern: 202, searchPattern: null }, { pattern: '202' }],
  ],
  smsConfiguration: [
    ['{"servicePlanId": 202, "campaignId": null}', { servicePlanId: '202' }],
    [{ servicePlanId: 202 }, { servicePlanId: '202' }],
  ],
  select: [
    ['{"linked": "true", "servicePlanId": 202}', { linked: true, servicePlanId: '202' }],
    [
      { linked: 'false', displayName: '{"contains": 202}' },
      { linked: false, displayName: { contains: '202' } },
    ],
    [{ capability: 'SMS', campaignId: null }, { capability: ['SMS'] }],
  ],
  fields: [['money', ['money']]],
  sections: [['charges', ['charges']]],
  voiceConfiguration: [['{"type": null, "appId": 202}', { appId: '202' }]],
};

/** What a tool cannot do without. */
const REQUIRED: Readonly<Record<string, unknown>> = {
  phoneNumber: OFFERED,
  regionCode: 'US',
  type: 'LOCAL',
  select: {},
  numberType: 'LOCAL',
  numberOrderId: 'order-a',
  attachmentId: 'attachment-a',
  fileName: 'a.pdf',
  requestDetails: { data: { digits: 1, nothing: null, text: '{"a":1}' } },
  displayName: 'Office',
  change: { displayName: 'Office' },
  address: {
    streetNumber: '1',
    streetInfo: 'Lenox Rd NE',
    city: 'Atlanta',
    state: 'GA',
    postalCode: '30326',
  },
};

/** Of these one must be given, though each may be left out. */
const ONE_OF: Readonly<Record<string, Record<string, unknown>>> = {
  update_active_number: { callbackUrl: '' },
  wait_for_provisioning: { phoneNumber: OFFERED },
  rent_numbers: { phoneNumbers: [OFFERED] },
  update_active_numbers: { phoneNumbers: [OFFERED] },
  release_numbers: { phoneNumbers: [OFFERED] },
  create_number_order: { quantityOrderOption: { requestedQuantity: 1 } },
};

/** An order names the type of a voice product; numbers to rent are selected by other conditions. */
const takesAnother = (tool: Tool, name: string) =>
  (tool.name === 'create_number_order' && name === 'voiceConfiguration') ||
  (tool.name === 'rent_numbers' && name === 'select');

const shapeOf = (tool: Tool) => Object.keys(tool.input.shape);

function requiredBy(tool: Tool): Record<string, unknown> {
  const isWanted = (name: string) => tool.input.shape[name]?.safeParse(undefined).success === false;
  const required = Object.entries(REQUIRED).filter(([name]) => name in tool.input.shape && isWanted(name));
  return { ...Object.fromEntries(required), ...ONE_OF[tool.name] };
}

const cases = tools.flatMap((tool) =>
  Object.entries(SENT)
    .filter(([name]) => name in tool.input.shape && !takesAnother(tool, name))
    .flatMap(([name, values]) => values.map(([sent, meant]) => ({ tool, name, sent, meant }))),
);

test.each(cases)('$tool.name takes $name $sent as $meant', ({ tool, name, sent, meant }) => {
  const { [name]: _, phoneNumber, phoneNumbers, ...rest } = requiredBy(tool);
  // Numbers are named in one way or selected.
  const named = {
    ...(phoneNumber !== undefined && { phoneNumber }),
    ...(phoneNumbers !== undefined && { phoneNumbers }),
  };
  const others = { ...rest, ...(name !== 'phoneNumbers' && name !== 'select' && named) };
  expect(parseArguments(tool, { ...others, [name]: sent })).toEqual({
    input: { ...others, [name]: meant },
    ignored: [],
  });
});

const needNothing = tools.filter((tool) => tool.name !== 'update_callback_configuration');

test.each(needNothing)('$name takes null for what is left out', (tool) => {
  const nulls = Object.fromEntries(shapeOf(tool).map((name) => [name, null]));
  const args = requiredBy(tool);
  expect(parseArguments(tool, { ...nulls, ...args })).toEqual(parseArguments(tool, args));
  expect(parseArguments(tool, args)).toMatchObject({ input: args });
});

test.each(tools)('$name drops or refuses keys that clients add, as its effect is', (tool) => {
  const args = { ...requiredBy(tool), toolCallId: '1', task_progress: [] };
  const parsed = parseArguments(tool, args);
  if (tool.effect === 'read') {
    expect(parsed).toMatchObject({ input: requiredBy(tool), ignored: ['toolCallId', 'task_progress'] });
    return;
  }
  const problems = 'problems' in parsed ? parsed.problems : [];
  expect(problems.join()).toContain('unknown: toolCallId, task_progress;');
  expect(parsed.ignored).toEqual([]);
});

describe('arguments as a whole', () => {
  const search = toolNamed('list_active_numbers');

  test.each([[undefined], [null], ['{}'], [[]]])('that are %j are none', (args) => {
    expect(parseArguments(search, args)).toEqual({ input: {}, ignored: [] });
  });

  test('may be JSON text, with JSON text in it', () => {
    const args = JSON.stringify({ pageSize: '5', numberPattern: '{"pattern": "206"}' });
    expect(parseArguments(search, args)).toMatchObject({
      input: { pageSize: 5, numberPattern: { pattern: '206' } },
    });
  });
});

describe('what could be misread is refused', () => {
  test.each([
    ['list_active_numbers', { pageSize: '0x10' }],
    ['list_active_numbers', { pageSize: '5 numbers' }],
    ['list_active_numbers', { pageSize: '1e3' }],
    ['list_active_numbers', { pageSize: '' }],
    ['list_active_numbers', { pageSize: true }],
    ['list_active_numbers', { capability: [null] }],
    ['list_active_numbers', { capability: 'SMS,VOICE' }],
    ['list_active_numbers', { numberPattern: '206' }],
    ['list_active_numbers', { pageToken: 5.5 }],
    ['list_active_numbers', { pageToken: true }],
    ['get_active_number', { phoneNumber: 12025550134 }],
    ['update_active_number', { phoneNumber: OFFERED, displayName: 2 ** 60 }],
    ['update_active_number', { phoneNumber: OFFERED, displayName: null }],
    ['update_active_number', { phoneNumber: OFFERED, smsConfiguration: [{ servicePlanId: 'plan' }] }],
  ])('%s %j', (name, args) => {
    expect(parseArguments(toolNamed(name), args)).toHaveProperty('problems');
  });
});
