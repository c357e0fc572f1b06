import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { shared } from '../support/lifetime.ts';
import { type Connection, handshake, request } from './harness.ts';
import { connectServer, run, start } from './inside.ts';

/** Arguments with which each prompt can be had. */
const ARGUMENTS: Readonly<Record<string, Record<string, string>>> = {
  rent_a_number: { region: 'US' },
  order_a_number: { country: 'DE' },
  audit_numbers: {},
  explain_provisioning_error: { code: 'CAMPAIGN_EXPIRED' },
  clean_up_numbers: {},
  move_numbers: { to: 'plan-b' },
};

const result = z.object({
  messages: z.tuple([
    z.object({ role: z.literal('user'), content: z.object({ type: z.literal('text'), text: z.string() }) }),
  ]),
});

async function promptNames({ client }: Connection): Promise<string[]> {
  return (await client.listPrompts()).prompts.map(({ name }) => name);
}

/** The words of a prompt's one message. */
async function textOf({ client }: Connection, name: string, args?: Record<string, string>): Promise<string> {
  const { messages } = result.parse(await client.getPrompt({ name, ...(args && { arguments: args }) }));
  return messages[0].content.text;
}

async function complete({ client }: Connection, prompt: string, name: string, value: string) {
  const ref = { type: 'ref/prompt' as const, name: prompt };
  return (await client.complete({ ref, argument: { name, value } })).completion;
}

/** Prompts change nothing: one server does for all tests that want no other. */
const serving = shared(() => start());
const withoutCredentials = shared(() => connectServer());

describe('the prompts', () => {
  test('are listed with title, description and arguments', async () => {
    const { client } = serving();
    const { prompts } = await client.listPrompts();
    const text = expect.stringMatching(/\w/);
    const argument = (name: string, required: boolean) => ({ name, required, description: text });
    expect(prompts).toEqual([
      {
        name: 'rent_a_number',
        title: text,
        description: text,
        arguments: [
          argument('region', true),
          argument('purpose', false),
          argument('pattern', false),
          argument('count', false),
        ],
      },
      {
        name: 'order_a_number',
        title: text,
        description: text,
        arguments: expect.arrayContaining([argument('country', true)]),
      },
      { name: 'audit_numbers', title: text, description: text, arguments: [] },
      {
        name: 'explain_provisioning_error',
        title: text,
        description: text,
        arguments: [argument('code', true)],
      },
      { name: 'clean_up_numbers', title: text, description: text, arguments: [] },
      {
        name: 'move_numbers',
        title: text,
        description: text,
        arguments: [argument('to', true), argument('from', false)],
      },
    ]);
  });

  test('can all be had, as words of the person that name tools on offer', async () => {
    const server = serving();
    const tools = (await server.client.listTools()).tools.map(({ name }) => name);
    for (const name of await promptNames(server)) {
      const text = await textOf(server, name, ARGUMENTS[name]);
      expect(tools.filter((tool) => text.includes(tool)).length, name).toBeGreaterThanOrEqual(2);
    }
    expect(await promptNames(server)).toEqual(Object.keys(ARGUMENTS));
  });

  test('hold what was given for their arguments', async () => {
    const server = serving();
    const rent = await textOf(server, 'rent_a_number', { region: 'uk', purpose: 'Reminders', pattern: '77' });
    expect(rent).toContain('Region: GB\nPurpose: Reminders\nDigits: 77\n');
    const explain = await textOf(server, 'explain_provisioning_error', { code: 'crs0018' });
    expect(explain).toContain('provisioning error CRS0018');
  });

  test('take an argument that is empty for one that is not given', async () => {
    const server = serving();
    const text = await textOf(server, 'rent_a_number', { region: 'SE', purpose: '', pattern: '  ' });
    expect(text).toContain('Region: SE\nPurpose: ask me\nDigits: any\n');
  });

  test('are had without credentials', async () => {
    const server = withoutCredentials();
    expect(await textOf(server, 'audit_numbers')).toContain('audit_provisioning');
  });
});

describe('what is no prompt', () => {
  test.each<[string, string, Record<string, string> | undefined, string]>([
    ['an unknown name', 'sell_a_number', undefined, 'There is no prompt "sell_a_number"'],
    ['no arguments where one is needed', 'rent_a_number', undefined, 'rent_a_number needs region'],
    ['the needed argument missing', 'rent_a_number', { purpose: 'x' }, 'rent_a_number needs region'],
    ['the needed argument blank', 'rent_a_number', { region: ' \n' }, 'rent_a_number needs region'],
    ['no code', 'explain_provisioning_error', {}, 'explain_provisioning_error needs code'],
    [
      'an unknown argument',
      'rent_a_number',
      { region: 'US', regionCode: 'US' },
      'rent_a_number takes region, purpose, pattern, count, not regionCode',
    ],
    [
      'an argument of none',
      'audit_numbers',
      { region: 'US' },
      'audit_numbers takes no arguments, not region',
    ],
  ])('is refused as invalid: %s', async (_, name, args, message) => {
    const server = withoutCredentials();
    await expect(textOf(server, name, args)).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining(message),
    });
  });

  test('is named in no more words than needed', async () => {
    const server = withoutCredentials();
    const long = 'x'.repeat(100_000);
    for (const get of [textOf(server, long), textOf(server, 'audit_numbers', { [long]: '' })]) {
      await expect(get).rejects.toMatchObject({
        code: -32602,
        message: expect.toSatisfy((message: string) => message.length < 400),
      });
    }
  });

  test('ends nothing: the next request is answered', async () => {
    const server = run();
    server.send(
      ...handshake(),
      request(1, 'prompts/get', { name: 'rent_a_number', arguments: { region: 5 } }),
      request(2, 'prompts/get', {}),
      request(3, 'prompts/get', { name: 'audit_numbers' }),
    );
    for (const id of [1, 2]) expect(await server.answer(id)).toHaveProperty('error');
    expect(await server.answer(3)).toMatchObject({ result: { messages: [{ role: 'user' }] } });
  });
});

describe('an argument that is being typed', () => {
  test('is completed with the regions of the API', async () => {
    const server = await start();
    for (const [typed, values] of [
      ['', ['AU', 'CA', 'DE', 'GB', 'SE', 'US']],
      ['g', ['GB']],
      ['u', ['US', 'AU']],
      ['xx', []],
    ] as const) {
      const completion = await complete(server, 'rent_a_number', 'region', typed);
      expect(completion, typed).toEqual({ values, total: values.length, hasMore: false });
    }
    expect(server.api.count('GET /availableRegions')).toBe(4);
  });

  test('is completed with the codes of the catalogue, without asking the API', async () => {
    const server = await start();
    const { values } = await complete(server, 'explain_provisioning_error', 'code', 'campaign_mno');
    expect(values).toEqual(['CAMPAIGN_MNO_REJECTED', 'CAMPAIGN_MNO_SUSPENDED', 'CAMPAIGN_MNO_REVIEW']);
    const all = await complete(server, 'explain_provisioning_error', 'code', '');
    expect(all.values).toEqual(expect.arrayContaining(['STUCK', 'CRS0018', 'INVALID_NNID']));
    expect(server.api.requests).toEqual([]);
  });

  test('is completed with nothing where any text will do', async () => {
    const server = serving();
    expect((await complete(server, 'rent_a_number', 'purpose', 'a')).values).toEqual([]);
  });

  test('is completed with nothing while the API fails, or without credentials', async () => {
    const server = await start();
    server.api.faults.add({ path: /availableRegions/, answer: { status: 500 } });
    expect(await complete(server, 'rent_a_number', 'region', '')).toEqual({ values: [] });
    expect(await complete(withoutCredentials(), 'rent_a_number', 'region', '')).toEqual({ values: [] });
  });

  test.each([
    ['rent_a_number', 'regionCode'],
    ['audit_numbers', 'region'],
    ['sell_a_number', 'region'],
  ])('of %s called %s is none', async (prompt, name) => {
    const server = withoutCredentials();
    await expect(complete(server, prompt, name, '')).rejects.toMatchObject({ code: -32602 });
  });

  test('of an error code in the URI of a resource is completed with the catalogue too', async () => {
    const { client } = withoutCredentials();
    const ref = { type: 'ref/resource' as const, uri: 'sinch-numbers://provisioning-errors/{code}' };
    const { completion } = await client.complete({ ref, argument: { name: 'code', value: 'tfn' } });
    expect(completion).toEqual({ values: ['TFN_NOT_ALLOWED'], total: 1, hasMore: false });
  });
});

describe('a server with some of the tools', () => {
  const AUDIT_TOOLS =
    'audit_provisioning,list_callback_events,update_active_numbers,wait_for_provisioning,list_activity';
  /** They change nothing before they have asked. */
  const REPORTS = ['audit_numbers', 'explain_provisioning_error'];

  test.each<[string, Record<string, string>, string[]]>([
    ['read-only', { SINCH_NUMBERS_READ_ONLY: '1' }, REPORTS],
    ['of an audit', { SINCH_NUMBERS_TOOLS: AUDIT_TOOLS }, REPORTS],
    ['of one kind', { SINCH_NUMBERS_TOOLS: 'rent_number' }, []],
  ])('offers the prompts whose tools it has: %s', async (_, env, offered) => {
    const server = await connectServer({ env });
    expect(await promptNames(server)).toEqual(offered);
    for (const [name, args] of Object.entries(ARGUMENTS)) {
      const text = textOf(server, name, args);
      if (offered.includes(name)) expect(await text).toContain('audit_provisioning');
      else await expect(text).rejects.toMatchObject({ code: -32602 });
    }
  });

  test.each(REPORTS)('leads to no repair where everything is read-only: %s', async (name) => {
    const server = await connectServer({ env: { SINCH_NUMBERS_READ_ONLY: '1' } });
    const text = await textOf(server, name, ARGUMENTS[name]);
    expect(text).toContain('Change nothing: here numbers can only be read.');
    expect(text).not.toMatch(/update_active_number|wait_for_provisioning|after my yes/i);
    expect(text).not.toMatch(/undefined|\$\{/);
  });

  test('does not complete arguments of a prompt that it does not offer', async () => {
    const server = await start({ env: { SINCH_NUMBERS_READ_ONLY: '1' } });
    const completion = complete(server, 'rent_a_number', 'region', '');
    await expect(completion).rejects.toMatchObject({ code: -32602 });
    expect(server.api.requests).toEqual([]);
  });
});

describe('what an agent is told at the start', () => {
  test('leads through a rent to a number that works, and to the audit', async () => {
    const instructions = withoutCredentials().client.getInstructions() ?? '';
    expect(instructions).toContain('ask the user first');
    const order = ['search_available_numbers', 'rent_number', 'wait_for_provisioning', 'audit_provisioning'];
    const places = order.map((name) => instructions.indexOf(name));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  test('speaks of no yes and no way to rent where everything is read-only', async () => {
    const { client } = await connectServer({ env: { SINCH_NUMBERS_READ_ONLY: '1' } });
    const instructions = client.getInstructions() ?? '';
    expect(instructions).not.toMatch(/rent_number|[Rr]enting|confirmation_required|token|declined/);
    expect(instructions).toContain('audit_provisioning');
  });
});
